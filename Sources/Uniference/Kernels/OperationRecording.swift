import Foundation
import Inputs
import Quantities
import Results

/// What the tensor operations of an earlier run took, to be charged again: the file `operations.csv` of its record, one
/// line for each operation, in the order in which each rank did them.
///
/// An operation is known by its name, its sizes and its types, so a recording serves other strategies, networks
/// and clusters as well, as far as their operations were all recorded.
public struct OperationRecording: Sendable {
  /// The file's name within a run record.
  static let fileName = "operations.csv"
  /// The file's first line.
  static let header = "rank,operation,sizes,element_type,picoseconds"

  private struct Key: Hashable {
    let rank: Int
    let operation: String
  }

  /// The record.
  let path: String
  /// What it says of where it was measured.
  let origin: RunCompute?
  private let times: [Key: [Int64]]
  private let medians: [String: Int64]

  /// Reads the operations of a run record.
  ///
  /// - Parameter path: the record, `NAME.run`.
  /// - Throws: ``OperationRecordingError`` with the file and the line at fault.
  public init(contentsOf path: String) throws(OperationRecordingError) {
    let file = path + "/" + Self.fileName
    guard let data = InputFile.optionalContents(of: file, atMost: 1 << 30),
      let text = String(data: data, encoding: .utf8)
    else {
      throw OperationRecordingError(
        "'\(path)' holds no measured operations; record a run with --values --compute measured --record NAME.run")
    }
    var times: [Key: [Int64]] = [:]
    for (index, line) in text.split(separator: "\n").enumerated() {
      if index == 0, line == Self.header { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard index > 0, fields.count == 5, let rank = Int(fields[0]), let time = Int64(fields[4]),
        (0...Picoseconds.limit).contains(time)
      else {
        throw OperationRecordingError(
          "'\(file)' line \(index + 1): '\(quotable(String(line)).printable)' is not of the form \(Self.header)")
      }
      times[Key(rank: rank, operation: fields[1...3].joined(separator: ",")), default: []].append(time)
    }
    self.path = path
    // A deployed rank's record is one, too; what says nothing of its compute time is used all the same.
    origin = (try? RunManifest(contentsOf: path))?.inputs.compute
    self.times = times
    medians = Dictionary(grouping: times, by: \.key.operation).mapValues { entries in
      let sorted = entries.flatMap(\.value).sorted()
      return sorted[sorted.count / 2]
    }
  }

  /// What an operation's `occurrence`-th time on a rank took; the median of all ranks where this one has not done it so
  /// often.
  ///
  /// - Throws: when no rank has done it.
  func picoseconds(of operation: OperationRecord, rank: Int, occurrence: Int) throws(OperationRecordingError) -> Int64 {
    let name = operation.recordingName
    if let own = times[Key(rank: rank, operation: name)], occurrence < own.count { return own[occurrence] }
    guard let median = medians[name] else {
      throw OperationRecordingError(
        "the recording '\(path)' has no \(operation); record a run that does it, with --values --compute measured")
    }
    return median
  }
}

/// A recording that cannot be read, or an operation that it does not hold.
public struct OperationRecordingError: Error, CustomStringConvertible, Hashable, Sendable, QuotingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Collects measured operations while a run goes on, as numbers: a line of text for each would take longer than many a
/// kernel.
///
/// Sendable without checks because ranks compute one at a time on the engine's thread.
final class OperationLog: @unchecked Sendable {
  private struct Entry {
    let rank: Int32
    /// The operation's place in `names`.
    let operation: Int32
    let picoseconds: Int64
  }

  private var entries: [Entry] = []
  private var names: [String] = []
  private var places: [OperationRecord: Int32] = [:]

  /// Whether anything was measured.
  var isEmpty: Bool { entries.isEmpty }

  func append(_ operation: OperationRecord, rank: Int, picoseconds: Int64) {
    entries.append(Entry(rank: Int32(rank), operation: place(of: operation), picoseconds: picoseconds))
  }

  private func place(of operation: OperationRecord) -> Int32 {
    if let known = places[operation] { return known }
    let place = Int32(names.count)
    places[operation] = place
    names.append(operation.recordingName)
    return place
  }

  /// What was measured, one line for each operation.
  var text: String {
    entries.reduce(into: "") { $0 += "\($1.rank),\(names[Int($1.operation)]),\($1.picoseconds)\n" }
  }

  /// The file's content.
  var bytes: [UInt8] { Array((OperationRecording.header + "\n" + text).utf8) }
}

extension OperationRecord {
  /// `linear,5x64x32x0,float32`, `linear,5x64x32x0,int8 of Q4_K`.
  fileprivate var recordingName: String {
    let lengths = (0..<kind.sizeNames.count).map { "\(sizes[$0])" }.joined(separator: "x")
    return "\(kind.rawValue),\(lengths),\(typeDescription)"
  }
}
