import Foundation

/// What `uniference simulate --json` prints, as columns of a table: numbers, texts, and truths as 0 and 1.
///
/// A field of an object has the object's name before it: `interval.tokens_per_second.low`. Of a list of numbers, one for
/// each device for instance, the largest is taken, as `peak_memory_bytes.max`. Other lists are left out.
struct PredictedMetrics {
  let columns: [(name: String, value: SweepRow.Value)]

  /// What is said of how a prediction was made rather than of what it predicts.
  private static let leftOut: Set<String> = ["predictions", "verdict", "compute", "requests", "outputs"]

  init?(json text: String) {
    guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return nil }
    var columns: [(String, SweepRow.Value)] = []
    Self.add(object.filter { !Self.leftOut.contains($0.key) }, named: "", to: &columns)
    self.columns = columns
  }

  private static func add(
    _ object: [String: Any], named prefix: String, to columns: inout [(String, SweepRow.Value)]
  ) {
    for (key, value) in object.sorted(by: { $0.key < $1.key }) {
      let name = prefix + key
      switch value {
      case let fields as [String: Any]: add(fields, named: name + ".", to: &columns)
      case let text as String: columns.append((name, .text(text)))
      case let number as NSNumber: columns.append((name, .number(number.doubleValue)))
      case let numbers as [NSNumber]:
        if let largest = numbers.map(\.doubleValue).max() { columns.append((name + ".max", .number(largest))) }
      default: break
      }
    }
  }
}
