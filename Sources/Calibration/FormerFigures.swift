import Documents
import Foundation
import Uniference

/// The parameters of a cluster file that an earlier calibration has written, with the intervals from the file beside it.
public struct FormerFigures {
  private let document: DocumentValue
  private let fitted: FittedParameters?
  /// Files of former versions have the intervals in comments alone.
  private let lines: [Substring]

  /// - Throws: one line that names file and line, when the file is not YAML.
  public init(contentsOf path: String) throws(DocumentError) {
    let text = try DocumentText(contentsOf: path)
    document = try DocumentValue(yaml: text.text, file: path)
    fitted = FittedParameters(besideClusterFile: path)
    lines = text.text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The figures that have moved beyond both intervals, one line for each.
  public func drift(to calibration: Calibration) -> [String] {
    calibration.values.compactMap { value in
      guard let former = former(value), !value.isUndetermined, !Self.widened(former.interval).overlaps(value.interval)
      else {
        return nil
      }
      return """
        \(value.path) was \(former.text) (\(former.intervalText)) and is now \(value.text) (\(value.intervalText))
        """
    }
  }

  /// What the file says of a figure; without an interval where somebody has written it by hand.
  func former(_ value: FittedValue) -> FittedValue? {
    guard let place = find(value.path), case .scalar(let text) = place.content, let number = value.unit.value(of: text)
    else { return nil }
    var interval = number...number
    if let known = fitted?.interval(of: value.path, valued: number, unit: value.unit) {
      interval = known
    } else if fitted == nil, case .file(_, let line?) = place.origin, lines.indices.contains(line - 1),
      let written = Self.interval(String(lines[line - 1]), unit: value.unit)
    {
      interval = written
    }
    return FittedValue(value.key, value: number, interval: interval, unit: value.unit)
  }

  /// By what the file's three digits or more leave open.
  private static func widened(_ interval: ClosedRange<Double>) -> ClosedRange<Double> {
    interval.lowerBound * (1 - 0.002)...interval.upperBound * (1 + 0.002)
  }

  private static func interval(_ line: String, unit: FigureUnit) -> ClosedRange<Double>? {
    guard let mark = line.range(of: "# " + ClusterDocument.intervalMark) else { return nil }
    let text = line[mark.upperBound...].split(separator: ";")[0]
    let ends = text.split(separator: " to ").compactMap { unit.value(of: $0.trimmingCharacters(in: .whitespaces)) }
    guard ends.count == 2 else { return nil }
    return min(ends[0], ends[1])...max(ends[0], ends[1])
  }

  /// The value at a path; of a wire factor's pair of size and factor, the factor.
  private func find(_ path: String) -> DocumentValue? {
    var value = document
    for part in path.replacing("[", with: ".").replacing("]", with: "").split(separator: ".") {
      switch value.content {
      case .mapping(let entries):
        guard let entry = entries.first(where: { $0.name == part }) else { return nil }
        value = entry.value
      case .list(let elements):
        guard let index = Int(part), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    if case .list(let pair) = value.content, pair.count == 2 { return pair[1] }
    return value
  }
}
