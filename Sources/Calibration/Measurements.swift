import Foundation
import Inputs
import Quantities
import Uniference

/// What a run of `uniference.calibration.measure` has left.
public struct Measurements: Sendable {
  /// The file's name, for messages.
  public let path: String
  /// When the measuring began, in UTC as ISO 8601 has it.
  public let began: String
  /// How long it took.
  public let took: Duration
  /// What the links were said to carry, if anything.
  public let statedRate: Bandwidth?
  /// What they are known to let pass at once after a rest, in bytes, if that is known.
  public let statedBurstBytes: Int?
  /// In packets of how many bytes, if that is known.
  public let statedPacketBytes: Int?
  /// How many cores all ranks are known to share, if they do.
  public let statedSharedCores: Int?
  /// Whether the library is known to make progress only while its rank waits.
  public let hasWeakProgress: Bool
  /// The ranks' machines, in rank order.
  public let hosts: [MeasuredHost]
  /// Why the measuring has ended early, if it has.
  public let failure: String?
  /// Remarks of whoever measured.
  public let notes: [String]
  /// In the order in which they were measured.
  public let figures: [MeasuredFigure]

  /// The machines that were measured, each once; `nil` where the measurements do not say.
  var machines: String? {
    let identities = hosts.compactMap(\.identity)
    guard identities.count == hosts.count else { return nil }
    return Set(identities).sorted().joined(separator: "; ")
  }

  /// How much longer than it asked for a rank has slept; nothing where that was not measured.
  var sleepOvershootPicoseconds: Int64 {
    Picoseconds.nearest(seconds: figures.first { $0.kind == .sleepOvershoot }?.median_s ?? 0)
  }

  /// Reads a file.
  ///
  /// - Throws: one line that names the file, the field at fault, and what to do.
  public init(contentsOf path: String) throws(CalibrationFailure) {
    let data: Data
    do throws(InputFileError) {
      data = try InputFile.contents(of: path, atMost: 64 << 20).withoutByteOrderMark
    } catch {
      throw CalibrationFailure("\(error); measure first: uniference calibrate --help says how")
    }
    try self.init(json: data, path: path)
  }

  init(json data: Data, path: String) throws(CalibrationFailure) {
    let content: MeasurementsDocument
    do {
      content = try JSONDecoder().decode(MeasurementsDocument.self, from: data)
    } catch {
      throw CalibrationFailure("\(path): \(explain(error)); measure again, or give the file that measuring has written")
    }
    guard content.format == MeasurementsDocument.format, content.version == MeasurementsDocument.version else {
      throw CalibrationFailure(
        "\(path) holds '\(content.format)' of version \(content.version); this program reads "
          + "'\(MeasurementsDocument.format)' of version \(MeasurementsDocument.version)")
    }
    self.path = path
    began = content.began
    took = .nearest(seconds: content.took_s)
    hosts = content.hosts
    statedBurstBytes = content.stated_burst_bytes
    statedPacketBytes = content.stated_packet_bytes
    statedSharedCores = content.stated_shared_cores
    // Measurements of earlier versions say `when-waiting`.
    hasWeakProgress = content.stated_progress == "weak" || content.stated_progress == "when-waiting"
    failure = content.failure
    notes = content.notes
    figures = content.figures
    do throws(QuantityError) {
      statedRate = try content.stated_rate.map { (text) throws(QuantityError) in try Bandwidth(parsing: text, .positive)
      }
    } catch {
      throw CalibrationFailure("\(path): stated_rate: \(error)")
    }
    try check()
  }

  private func check() throws(CalibrationFailure) {
    guard hosts.count >= 2 else { throw CalibrationFailure("\(path): hosts: there must be at least 2") }
    if let statedSharedCores, statedSharedCores < 1 {
      throw CalibrationFailure("\(path): stated_shared_cores: \(statedSharedCores) is not allowed: at least 1")
    }
    for (index, figure) in figures.enumerated() {
      let times = [figure.median_s, figure.lower_s, figure.upper_s]
      guard times.allSatisfy({ $0 >= 0 && $0 <= Duration.longest.inSeconds }), figure.samples > 0 else {
        throw CalibrationFailure(
          "\(path): figures[\(index)] (\(figure.kind.title)): times must be 0 to 106 days, and there must be samples")
      }
      guard figure.amounts.allSatisfy(MeasuredFigure.amounts.contains) else {
        throw CalibrationFailure(
          "\(path): figures[\(index)] (\(figure.kind.title)): bytes, count, shape, flops and moved_bytes must be 0 to 1e18"
        )
      }
      guard figure.ranks.allSatisfy(hosts.indices.contains), !figure.ranks.isEmpty else {
        throw CalibrationFailure(
          "\(path): figures[\(index)] (\(figure.kind.title)): ranks \(figure.ranks) are not all among 0 to "
            + "\(hosts.count - 1)")
      }
    }
  }
}

/// The machine of one rank.
public struct MeasuredHost: Codable, Hashable, Sendable {
  let name: String
  let processor: String
  let device: String
  let cores: Int
  /// All cores of the machine, of which the rank may have been given a part; `nil` in measurements of earlier versions.
  var machine_cores: Int?
  let threads: Int
  let memory_bytes: Int
  let available_bytes: Int
  let kernel: String
  let torch: String

  /// What a calibration holds for; `nil` where the measurements do not say.
  var identity: String? {
    machine_cores.map { MachineDescription.identity(cores: $0, processor: processor, kernel: kernel) }
  }

  /// What the machine is, in a line.
  var description: String {
    func counted(_ number: Int, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }
    return "\(name), \(processor), \(counted(cores, "core")), \(counted(threads, "thread")), \(kernel), torch \(torch)"
  }
}

/// One thing that was measured, repeatedly.
public struct MeasuredFigure: Codable, Hashable, Sendable {
  let kind: FigureKind
  let ranks: [Int]
  /// Payload.
  var bytes: Int?
  /// Messages of a stream.
  var count: Int?
  /// Of a kernel: what it was, what it computed and moved.
  var operation: String?
  var shape: [Int]?
  var dtype: String?
  var flops: Double?
  var moved_bytes: Double?
  /// Median and quartiles.
  let median_s: Double
  let lower_s: Double
  let upper_s: Double
  let samples: Int

  static let amounts = 0.0...1e18

  /// What was sent or computed: every number that is no time.
  fileprivate var amounts: [Double] {
    [bytes, count].compactMap { $0.map(Double.init) } + (shape ?? []).map(Double.init)
      + [flops, moved_bytes].compactMap(\.self)
  }

  /// The figure without a part that is known; half of it is kept in any case.
  func shortened(bySeconds part: Double) -> MeasuredFigure {
    let part = min(part, median_s / 2)
    return MeasuredFigure(
      kind: kind, ranks: ranks, bytes: bytes, count: count, operation: operation, shape: shape, dtype: dtype,
      flops: flops, moved_bytes: moved_bytes, median_s: median_s - part, lower_s: max(0, lower_s - part),
      upper_s: upper_s - part, samples: samples)
  }

  /// Where it was measured: `2 ranks`, or `rank 0`.
  var place: String { ranks.count == 1 ? "rank \(ranks[0])" : "\(ranks.count) ranks" }

  /// How far the median is expected to be from what a model can say, relative to it.
  ///
  /// The median of n samples deviates by 1.2533 sigma / sqrt(n), and sigma is the quartiles' distance / 1.349 where noise
  /// is normal. No model of a whole cluster is closer than ``modelDeviation``.
  var relativeDeviation: Double {
    let sigma = (upper_s - lower_s) / 1.349 / max(median_s, 1e-12)
    let noise = 1.2533 * sigma / Double(samples).squareRoot()
    return (noise * noise + Self.modelDeviation * Self.modelDeviation).squareRoot()
  }

  static let modelDeviation = 0.01
}

private struct MeasurementsDocument: Codable {
  static let format = "uniference measurements"
  static let version = 1

  let format: String
  let version: Int
  let began: String
  let took_s: Double
  let stated_rate: String?
  let stated_burst_bytes: Int?
  let stated_packet_bytes: Int?
  let stated_shared_cores: Int?
  let stated_progress: String?
  let hosts: [MeasuredHost]
  let failure: String?
  let notes: [String]
  let figures: [MeasuredFigure]
}

/// What a decoder found, in words.
private func explain(_ error: any Error) -> String {
  switch error {
  case DecodingError.keyNotFound(let key, let context):
    return "\(fieldPath(context.codingPath + [key])) is missing"
  case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
    return "\(fieldPath(context.codingPath)) is of the wrong type"
  case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
    return "\(fieldPath(context.codingPath)) has a value that is not allowed"
  default: return "the file is not JSON"
  }
}
