import Foundation
import Results

/// What `uniference simulate --json` prints, as columns of a table: numbers, texts, and truths as 0 and 1.
///
/// A field of an object has the object's name before it: `interval.tokens_per_second.low`. Of a list of numbers, one for
/// each device for instance, the largest is taken, as `peak_memory_bytes.max`. Other lists are left out.
struct PredictedMetrics {
  let columns: [(name: String, value: SweepRow.Value)]

  /// What is said of how a prediction was made rather than of what it predicts.
  private static let leftOut: Set<String> = ["predictions", "verdict", "compute", "requests", "outputs"]

  /// - Returns: `nil` where the text is no JSON object.
  init?(json text: String) {
    guard case .object(let object)? = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
      return nil
    }
    var columns: [(String, SweepRow.Value)] = []
    Self.add(object.filter { !Self.leftOut.contains($0.key) }, named: "", to: &columns)
    self.columns = columns
  }

  private static func add(
    _ object: [String: JSONValue], named prefix: String, to columns: inout [(String, SweepRow.Value)]
  ) {
    for (key, value) in object.sorted(by: { $0.key < $1.key }) {
      let name = prefix + key
      switch value {
      case .object(let fields): add(fields, named: name + ".", to: &columns)
      case .string(let text): columns.append((name, .text(text)))
      case .array(let elements):
        let numbers = elements.compactMap(Self.number)
        if let largest = numbers.max(), numbers.count == elements.count {
          columns.append((name + ".max", .number(largest)))
        }
      case .null: break
      case .boolean, .integer, .number: number(value).map { columns.append((name, .number($0))) }
      }
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .boolean(let truth): truth ? 1 : 0
    case .integer(let integer): Double(integer)
    case .number(let number): number
    case .null, .string, .array, .object: nil
    }
  }
}
