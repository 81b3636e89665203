/// The key-value pairs at the head of a GGUF file.
public struct GGUFMetadata: Sendable {
  /// By key.
  public let values: [String: GGUFValue]

  /// The value of a key, if there is one.
  public subscript(key: String) -> GGUFValue? { values[key] }
}

/// A value of a GGUF file's metadata.
public enum GGUFValue: Hashable, Sendable {
  case integer(Int)
  case number(Double)
  case bool(Bool)
  case string(String)
  case integers([Int])
  case strings([String])
  /// An array that is not kept: of a kind that nothing here needs, or larger than any model's.
  case omitted(count: Int)

  /// The integer, if it is one.
  public var integer: Int? { if case .integer(let value) = self { value } else { nil } }

  /// The number, whole or not, if it is one.
  public var number: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  /// The truth value, if it is one.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The text, if it is one.
  public var string: String? { if case .string(let value) = self { value } else { nil } }

  /// The texts of an array of nothing else.
  public var strings: [String]? { if case .strings(let values) = self { values } else { nil } }

  /// The integers of an array of nothing else.
  public var integers: [Int]? { if case .integers(let values) = self { values } else { nil } }
}
