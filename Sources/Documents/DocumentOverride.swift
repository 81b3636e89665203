import Inputs

/// One value of a document set from outside, as `--set network.link.bandwidth="100 Mbps"` does.
///
/// A path is names joined by dots. Elements of lists are given by their position from 0, as `devices[0].count` or
/// `devices.0.count`. Fields that the document leaves out may be set too. A value in brackets is read as YAML:
/// `strategy=[single, tensor=4]`.
public struct DocumentOverride: Hashable, Sendable {
  /// The path as it was written.
  public let written: String
  /// The value as it was written.
  public let value: String
  /// Names and positions.
  package let path: [String]

  /// - Throws: when the text is not `path=value`.
  public init(parsing text: String) throws(DocumentError) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let written = sides[0].split(separator: " ").joined()
    func failure(_ message: String) -> DocumentError {
      DocumentError(
        .option(written: quotable(text), field: ""), field: "",
        message + "; write path=value such as network.link.bandwidth=100 Mbps")
    }
    guard sides.count == 2 else { throw failure("there is no \"=\"") }
    let separated = written.replacing("[", with: ".").replacing("]", with: "")
    let path = separated.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.allSatisfy({ !$0.isEmpty }) else { throw failure("the path has an empty part") }
    guard path.count <= 64 else { throw failure("the path has more than 64 parts") }
    self.init(written: written, value: String(sides[1]), path: path)
  }

  private init(written: String, value: String, path: [String]) {
    self.written = written
    self.value = value
    self.path = path
  }

  /// The same override of the document that the first part of the path leads to.
  package func withoutFirst() -> DocumentOverride {
    DocumentOverride(written: written, value: value, path: Array(path.dropFirst()))
  }
}

extension DocumentValue {
  /// Sets a value, adding the fields on the way to it that are left out. Whoever decodes the document refuses those
  /// that it does not know.
  package mutating func apply(_ override: DocumentOverride) throws(DocumentError) {
    try apply(override, override.path[...])
  }

  private mutating func apply(
    _ override: DocumentOverride, _ rest: ArraySlice<String>
  ) throws(DocumentError) {
    let target = rest.reduce(field) { path, part in
      Int(part) != nil ? "\(path)[\(part)]" : path.isEmpty ? part : "\(path).\(part)"
    }
    let origin = DocumentError.Origin.option(written: override.written, field: target)
    func failure(_ message: String) -> DocumentError { DocumentError(origin, field: target, message) }
    guard let part = rest.first else {
      self = try DocumentValue(overriding: override.value, field: field, origin: origin)
      return
    }
    switch content {
    case .list(var elements):
      guard let index = Int(part), elements.indices.contains(index) else {
        let allowed = elements.isEmpty ? "it has none to set" : "write a position from 0 to \(elements.count - 1)"
        throw failure("\(field) is a list of \(elements.count), which has no \"\(quotable(part))\"; \(allowed)")
      }
      try elements[index].apply(override, rest.dropFirst())
      content = .list(elements)
    case .mapping(var entries):
      try Self.apply(override, rest, to: &entries, of: self, origin: origin)
      content = .mapping(entries)
    case .nothing:
      var entries: [Entry] = []
      self.origin = origin
      try Self.apply(override, rest, to: &entries, of: self, origin: origin)
      content = .mapping(entries)
    case .scalar:
      throw failure("\(field) is \(shown), which has no field \"\(quotable(part))\"; set \(field) as a whole")
    }
  }

  private static func apply(
    _ override: DocumentOverride, _ rest: ArraySlice<String>, to entries: inout [Entry], of mapping: DocumentValue,
    origin: DocumentError.Origin
  ) throws(DocumentError) {
    guard let part = rest.first else { return }
    let index: Int
    if let known = entries.firstIndex(where: { $0.name == part }) {
      index = known
    } else {
      index = entries.count
      let value = DocumentValue(content: .nothing, origin: origin, field: mapping.path(to: part))
      entries.append(Entry(name: part, nameOrigin: origin, value: value))
    }
    try entries[index].value.apply(override, rest.dropFirst())
  }
}
