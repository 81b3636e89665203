import Quantities
import Results

/// What ranks computed in an earlier run, to be charged again instead of what is measured now.
///
/// Sendable without checks because it is used only on the engine's thread, once it has been read.
final class ComputeRecording: @unchecked Sendable {
  private struct Entry {
    let operation: String
    var picoseconds: Int64
  }

  /// The primitive that asks for the time.
  static let question = "now"
  /// The primitive that lets time pass.
  static let sleep = "sleep"
  private static let beforeSleep = "compute before \(sleep)"

  /// The record.
  let path: String
  /// What it says of where it was measured.
  let origin: RunCompute?
  private var entries: [[Entry]]
  private var positions: [Int]

  /// Reads the measured computations of a run record.
  ///
  /// - Throws: `RunRecordError` or `FileError` for what is no record; ``ComputeRecordingError`` for a record of a run in
  ///   which nothing was measured.
  init(contentsOf path: String) throws {
    self.path = path
    let record = try RunRecord.read(from: path)
    origin = record.manifest.inputs.compute
    var entries: [[Entry]] = Array(repeating: [], count: record.manifest.devices.count)
    var asked: [Int: Int64] = [:]
    let question = "compute before \(Self.question)"
    try record.events.forEach { event in
      guard event.kind == .computation, event.flags.contains(.measured) else { return }
      let rank = Int(event.rank)
      let operation = record.manifest.names[Int(event.name)]
      if operation == question {
        asked[rank] = Picoseconds.sum(asked[rank] ?? 0, event.bytes)
      } else {
        entries[rank].append(
          Entry(operation: operation, picoseconds: Picoseconds.sum(event.bytes, asked.removeValue(forKey: rank) ?? 0)))
      }
    }
    guard entries.contains(where: { !$0.isEmpty }) else {
      throw ComputeRecordingError(
        "'\(path)' holds no measured computation; record a run of the script with --compute measured")
    }
    self.entries = entries
    positions = Array(repeating: 0, count: entries.count)
  }

  /// Whether the rank's next computation is this one.
  func hasNext(of rank: Int, operation: String) -> Bool {
    guard rank < entries.count else { return false }
    let position = positionBeyondSleeps(of: rank)
    return position < entries[rank].count && entries[rank][position].operation == operation
  }

  /// What the rank's next computation took.
  ///
  /// A script that polls sleeps as often as it has to, and perhaps not as often as when it was recorded: what it computed
  /// before sleeps that it now leaves out is a part of what it computed before the next primitive, and sleeps that the
  /// recording does not have follow one another.
  ///
  /// - Throws: ``ComputeRecordingError`` that names the computation when the recording has no such one.
  func next(of rank: Int, operation: String, site: String?) throws -> Duration {
    let place = site.map { " at \($0)" } ?? ""
    guard rank < entries.count else {
      throw ComputeRecordingError("the recording '\(path)' has \(entries.count) ranks; there is none for rank \(rank)")
    }
    let first = positions[rank]
    let position = positionBeyondSleeps(of: rank)
    if operation == Self.beforeSleep {
      guard position > first else { return .zero }
      positions[rank] += 1
      return .nanoseconds(entries[rank][first].picoseconds / 1000)
    }
    let skipped = entries[rank][first..<position].reduce(0) { $0 + $1.picoseconds }
    guard position < entries[rank].count else {
      throw ComputeRecordingError(
        """
        the recording '\(path)' has \(entries[rank].count) computations of rank \(rank); the script goes on with one \
        more, \(operation)\(place). Record the script as it is now
        """)
    }
    let entry = entries[rank][position]
    guard entry.operation == operation else {
      throw ComputeRecordingError(
        """
        computation \(position) of rank \(rank) is \(operation)\(place), but the recording '\(path)' has \
        \(entry.operation). Record the script as it is now
        """)
    }
    positions[rank] = position + 1
    return .nanoseconds((skipped + entry.picoseconds) / 1000)
  }

  /// Where the rank's next computation stands that is not one before a sleep.
  private func positionBeyondSleeps(of rank: Int) -> Int {
    let rest = entries[rank][positions[rank]...]
    return rest.firstIndex { $0.operation != Self.beforeSleep } ?? rest.endIndex
  }
}

/// A computation that a recording does not hold.
struct ComputeRecordingError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
