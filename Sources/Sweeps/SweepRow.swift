import Foundation

/// One row of a sweep's results: a point, and what came of it.
public struct SweepRow: Sendable {
  /// By names of columns: what was set, then what was predicted.
  public let values: [(column: String, value: Value)]

  /// What stands in a column.
  public enum Value: Hashable, Sendable {
    case nothing
    case number(Double)
    case text(String)
  }

  /// The value of a column; ``Value/nothing`` where there is none.
  public subscript(column: String) -> Value { values.first { $0.column == column }?.value ?? .nothing }
}

extension SweepRow.Value: Encodable {
  /// A number as JSON's number, a text as its string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .nothing: try container.encodeNil()
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }

  /// What was written in a file: a number where it is one, so that SQL and pandas compare it as such.
  init(written text: String) {
    if let number = Double(text), number.isFinite { self = .number(number) } else { self = .text(text) }
  }
}
