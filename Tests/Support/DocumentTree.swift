import Foundation

/// A JSON or YAML document, taken apart so that parts of it can be changed.
public indirect enum DocumentTree: Sendable, Equatable {
  /// `null`, or nothing.
  case nothing
  case boolean(Bool)
  /// A number as it is written, so that it can be one that no type holds.
  case number(String)
  case text(String)
  case list([DocumentTree])
  /// Fields in order; a name may stand twice.
  case mapping([Field])

  /// One field of a mapping.
  public struct Field: Sendable, Equatable {
    /// What stands before the colon.
    public var name: String
    /// What stands behind it.
    public var value: DocumentTree

    /// A field of a name.
    public init(_ name: String, _ value: DocumentTree) {
      self.name = name
      self.value = value
    }
  }

  /// Takes a JSON text apart. Fields are put in the order of their names.
  public init(json: String) throws {
    self.init(try JSONDecoder().decode(AnyJSON.self, from: Data(json.utf8)))
  }

  private init(_ json: AnyJSON) {
    switch json {
    case .nothing: self = .nothing
    case .boolean(let value): self = .boolean(value)
    case .number(let value): self = .number(Int(exactly: value).map(String.init) ?? "\(value)")
    case .text(let text): self = .text(text)
    case .list(let elements): self = .list(elements.map(DocumentTree.init))
    case .mapping(let fields):
      self = .mapping(fields.sorted { $0.key < $1.key }.map { Field($0.key, DocumentTree($0.value)) })
    }
  }

  /// The document as JSON, which is YAML, too.
  public var json: String {
    switch self {
    case .nothing: "null"
    case .boolean(let value): "\(value)"
    case .number(let text): text
    case .text(let text): Self.quoted(text)
    case .list(let elements): "[\(elements.map(\.json).joined(separator: ", "))]"
    case .mapping(let fields):
      "{\(fields.map { "\(Self.quoted($0.name)): \($0.value.json)" }.joined(separator: ", "))}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

private enum AnyJSON: Decodable {
  case nothing
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([AnyJSON])
  case mapping([String: AnyJSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .nothing
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let elements = try? container.decode([AnyJSON].self) {
      self = .list(elements)
    } else {
      self = .mapping(try container.decode([String: AnyJSON].self))
    }
  }
}
