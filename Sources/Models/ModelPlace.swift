/// Told where in its program and its model a rank is, for reports and traces.
public protocol ModelPlace: Sendable {
  /// Ends the present phase and begins another one: `prefill`, `decode`.
  func beginPhase(_ name: String)

  /// Ends the present part of the model and begins another one; `nil` where the rank works on none.
  func begin(_ part: ModelPart?)
}

/// A part of a model, as reports tell it.
public struct ModelPart: Hashable, Sendable {
  /// What it is.
  public let name: String
  /// Which one of its kind; `nil` where there is one.
  public let number: Int?

  /// A part of any name.
  public init(_ name: String, number: Int? = nil) {
    self.name = name
    self.number = number
  }

  /// What comes before the first layer.
  public static let embedding = ModelPart("embedding")
  /// What comes after the last one.
  public static let output = ModelPart("output")

  /// One of the layers.
  public static func layer(_ number: Int) -> ModelPart { ModelPart("layer", number: number) }
}
