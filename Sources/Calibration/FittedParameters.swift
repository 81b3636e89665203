import Foundation
import Inputs

/// What a calibration has found, as data: the file beside a cluster file whose comments say the same to people.
///
/// Values are in seconds, bytes, FLOPs and their quotients.
public struct FittedParameters: Codable, Sendable {
  /// In the order of the cluster file.
  public let parameters: [Parameter]

  /// One parameter.
  public struct Parameter: Codable, Sendable {
    /// Where it stands in the cluster file: `network.transport.send.per_message`.
    public let path: String
    /// The value.
    public let value: Double
    /// The ends of the interval in which it lies with a probability of 95%.
    public let low: Double
    /// See ``low``.
    public let high: Double
    /// Whether the measurements say little of it.
    public let is_undetermined: Bool
  }

  /// The parameters of a calibration.
  public init(_ calibration: Calibration) {
    parameters = calibration.values.map {
      Parameter(
        path: $0.path, value: $0.value, low: $0.interval.lowerBound, high: $0.interval.upperBound,
        is_undetermined: $0.isUndetermined)
    }
  }

  /// Reads the file beside a cluster file; `nil` where there is none that can be read, as beside files of former versions.
  init?(besideClusterFile path: String) {
    guard let data = InputFile.optionalContents(of: Self.path(besideClusterFile: path), atMost: 1 << 20),
      let read = try? JSONDecoder().decode(Self.self, from: data)
    else { return nil }
    self = read
  }

  /// Where the file is: `cluster.fit.json` beside `cluster.yaml`.
  public static func path(besideClusterFile path: String) -> String {
    (path.hasSuffix(".yaml") ? String(path.dropLast(5)) : path) + ".fit.json"
  }

  /// The interval of a parameter that has this value in the cluster file. One that somebody has changed there has none.
  func interval(of path: String, valued number: Double, unit: FigureUnit) -> ClosedRange<Double>? {
    guard let parameter = parameters.first(where: { $0.path == path }), parameter.low <= parameter.high else {
      return nil
    }
    let isUnchanged =
      unit.text(number) == unit.text(parameter.value) || abs(number - parameter.value) <= 1e-3 * abs(parameter.value)
    return isUnchanged ? parameter.low...parameter.high : nil
  }
}
