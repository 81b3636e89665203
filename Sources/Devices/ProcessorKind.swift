/// What kind of processor a device computes on. A time that was measured on one kind says little about another.
public enum ProcessorKind: String, Codable, Hashable, Sendable, CaseIterable {
  /// The processor of a desktop machine or a server.
  case cpu
  /// The processor of a small board or a phone.
  case embeddedCPU = "embedded CPU"
  /// A graphics processor or another accelerator.
  case gpu

  /// For sentences: `a GPU`.
  public var withArticle: String {
    switch self {
    case .cpu: "a CPU"
    case .embeddedCPU: "an embedded CPU"
    case .gpu: "a GPU"
    }
  }
}
