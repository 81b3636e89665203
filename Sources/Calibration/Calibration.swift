import Foundation
import Quantities

/// What has been fitted to the measurements of one cluster, or of several that share a library.
public struct Calibration: Sendable {
  /// Of the first one, which the cluster file describes.
  public let measurements: Measurements
  /// Every figure that was found, in the order of the cluster file.
  public let values: [FittedValue]
  /// Measured and fitted times.
  public let points: [FittedPoint]
  let devices: DeviceEntries
  let rates: LinkRates
  let model: NetworkModel
  let clusterCount: Int

  /// Fits the figures of clusters.
  ///
  /// - Parameters:
  ///   - measurements: of one cluster, or of several whose links differ and whose library is the same.
  ///   - progress: is told what is being done.
  /// - Throws: a ``CalibrationFailure``.
  public init(fitting measurements: [Measurements], progress: (String) -> Void = { _ in }) throws {
    guard let first = measurements.first else { throw CalibrationFailure("there are no measurements to fit") }
    self.measurements = first
    clusterCount = measurements.count
    rates = try LinkRates(first)
    devices = try DeviceEntries(first)
    let network = try NetworkFit(measurements).solve { progress("fitting, step \($0)") }
    model = network.models[0]
    values = devices.entries.flatMap(\.figures) + network.values
    points = network.points + devices.points
  }

  /// What a reader should know that no figure says.
  public var remarks: [String] {
    var remarks: [String] = []
    if let failure = measurements.failure { remarks.append("the measuring has ended early: \(failure)") }
    remarks += measurements.notes
    if let slowdown { remarks.append(slowdown) }
    if let sharing { remarks.append(sharing) }
    if let doubts { remarks.append(doubts) }
    return remarks
  }

  /// Whether devices disturb each other.
  private var slowdown: String? {
    let ratios = measurements.figures.filter { $0.kind == .kernelAtOnce }.compactMap { atOnce in
      measurements.figures.first {
        $0.kind == .kernel && $0.ranks == [0] && $0.operation == atOnce.operation && $0.shape == atOnce.shape
          && $0.dtype == atOnce.dtype
      }.map { (atOnce.operation ?? "", atOnce.median_s / $0.median_s) }
    }
    guard !ratios.isEmpty else { return nil }
    let list = ratios.map { "\($0.0) \(formatNumber($0.1, significantDigits: 3))" }.joined(separator: ", ")
    return "when all ranks compute at once, operations take longer by these factors: \(list)"
  }

  /// Whether pairs of ranks share something between them.
  private var sharing: String? {
    let figures = measurements.figures
    let together = figures.filter { $0.kind == .pairsAtOnce }.max { $0.bytes ?? 0 < $1.bytes ?? 0 }
    guard let together,
      let alone = figures.first(where: {
        $0.kind == .stream && $0.ranks == [0, 1] && $0.bytes == together.bytes
      })
    else { return nil }
    let ratio = together.median_s / alone.median_s
    guard ratio > 1.15 else { return "pairs of ranks do not slow each other: each link is the limit, not the switch" }
    return
      """
      \(together.ranks.count / 2) pairs at once take \(formatNumber(ratio, significantDigits: 3)) times one alone: what \
      is between the links is a limit, too, which topology: switch does not describe
      """
  }

  /// Which rates to believe only after longer measuring.
  private var doubts: String? {
    let doubtful = values.filter(\.isDoubtful)
    guard !doubtful.isEmpty else { return nil }
    let list = doubtful.map { "\($0.path) (\($0.intervalText))" }.joined(separator: ", ")
    return "hardly known, measure longer or with less else going on: \(list)"
  }
}
