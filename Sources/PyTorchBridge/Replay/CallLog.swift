import Results

/// What the ranks of a script have asked of the engine, frame by frame, to be asked again on another cluster.
///
/// Operations are kept as indices into a table of each rank's different ones, four bytes each. Values are in no frame.
final class CallLog {
  /// The calls of one rank.
  private struct RankCalls {
    var table: [UInt8] = []
    var indices: [SIMD8<UInt64>: UInt32] = [:]
    var frames: [UInt8] = []
  }

  private var ranks: [RankCalls]
  private let usesStreams: Bool
  private var hasInterruptions = false

  init(rankCount: Int, usesStreams: Bool) {
    ranks = Array(repeating: RankCalls(), count: rankCount)
    self.usesStreams = usesStreams
  }

  /// Takes in a frame, without its length.
  func append(_ frame: ArraySlice<UInt8>, rank: Int) {
    guard let kind = frame.first.flatMap(FrameKind.init) else { return }
    switch kind {
    case .operations: appendOperations(frame, rank)
    case .interruption: hasInterruptions = true
    case .hello, .published, .stack, .started, .exited, .outputLost: break
    default:
      ranks[rank].frames.append(littleEndian: UInt32(frame.count))
      ranks[rank].frames.append(contentsOf: frame)
    }
  }

  /// Forgets what a rank has said that begins again.
  func restart(rank: Int) { ranks[rank] = RankCalls() }

  private func appendOperations(_ frame: ArraySlice<UInt8>, _ rank: Int) {
    let entries = frame.dropFirst(1 + 4)
    let count = entries.count / CallFile.operationByteCount
    ranks[rank].frames.append(littleEndian: UInt32(1 + 4 + 4 * count))
    ranks[rank].frames.append(FrameKind.operations.rawValue)
    ranks[rank].frames.append(littleEndian: UInt32(count))
    for index in 0..<count {
      let start = entries.startIndex + index * CallFile.operationByteCount
      let entry = entries[start..<start + CallFile.operationByteCount]
      var key = SIMD8<UInt64>()
      withUnsafeMutableBytes(of: &key) { $0.copyBytes(from: entry) }
      let known = ranks[rank].indices[key]
      let number = known ?? UInt32(ranks[rank].indices.count)
      if known == nil {
        ranks[rank].indices[key] = number
        ranks[rank].table.append(contentsOf: entry)
      }
      ranks[rank].frames.append(littleEndian: number)
    }
  }

  /// The file in a record.
  var bytes: [UInt8] {
    var bytes = CallFile.magic
    bytes.append(littleEndian: CallFile.version)
    bytes.append(littleEndian: (usesStreams ? 1 : 0) | (hasInterruptions ? 2 : 0) as UInt32)
    bytes.append(littleEndian: UInt32(ranks.count))
    for rank in ranks {
      bytes.append(littleEndian: UInt64(rank.table.count))
      bytes.append(contentsOf: rank.table)
      bytes.append(littleEndian: UInt64(rank.frames.count))
      bytes.append(contentsOf: rank.frames)
    }
    return bytes + CallFile.digest(of: bytes[...])
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
