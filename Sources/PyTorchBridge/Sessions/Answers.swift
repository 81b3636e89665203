import Communication

/// The frames that answer a rank.
enum Answers {
  enum FailureCategory: UInt8 {
    /// The call was wrong; the rank may go on.
    case error = 0
    case timedOut = 1
    case runEnded = 2
  }

  /// What an answer brings beside the time.
  enum Result {
    case nothing
    case pieces([Piece])
    case reduce(number: UInt64, Reduction, payload: TensorPayload)
    case truth(Bool)
    case number(Int64)
    case bytes([UInt8])
    case texts([String])
  }

  /// - Parameters:
  ///   - now: the rank's clock in picoseconds.
  ///   - received: source and tag of a message, where the answer is to a receive.
  static func done(
    _ result: Result, received: (source: Int, tag: Int)? = nil, link: RankLink, at now: Int64
  ) -> [UInt8] {
    var frame = FrameWriter(.done)
    writeHead(&frame, link: link, at: now)
    frame.integer(result.kind)
    if let received {
      frame.integer(Int32(received.source))
      frame.integer(Int32(received.tag))
    }
    result.write(to: &frame)
    return frame.finished()
  }

  static func failed(
    _ category: FailureCategory, _ message: String, link: RankLink, at now: Int64
  ) -> [UInt8] {
    var frame = FrameWriter(.failed)
    writeHead(&frame, link: link, at: now)
    frame.integer(category.rawValue)
    frame.string(message)
    return frame.finished()
  }

  /// To a connection that is no rank's yet.
  static func refusal(_ message: String) -> [UInt8] {
    var frame = FrameWriter(.failed)
    frame.integer(Int64(0))
    frame.integer(UInt32(0))
    frame.integer(FailureCategory.error.rawValue)
    frame.string(message)
    return frame.finished()
  }

  private static func writeHead(_ frame: inout FrameWriter, link: RankLink, at now: Int64) {
    frame.integer(now)
    frame.list(link.takeReleased()) { $0.integer($1) }
  }
}

extension Answers.Result {
  fileprivate var kind: UInt8 {
    switch self {
    case .nothing: 0
    case .pieces: 1
    case .reduce: 2
    case .truth: 3
    case .number: 4
    case .bytes: 5
    case .texts: 6
    }
  }

  fileprivate func write(to frame: inout FrameWriter) {
    switch self {
    case .nothing: break
    case .pieces(let pieces): frame.list(pieces) { $1.write(to: &$0) }
    case .reduce(let number, let reduction, let payload):
      frame.integer(number)
      frame.integer(reduction.operation.wireNumber)
      frame.integer(payload.dataType.rawValue)
      frame.integer(UInt64(payload.wholeCount))
      frame.integer(UInt64(payload.start))
      frame.integer(UInt64(payload.elementCount))
      frame.list(reduction.contributions) { frame, contribution in
        frame.list(contribution.pieces) { $1.write(to: &$0) }
      }
    case .truth(let value): frame.flag(value)
    case .number(let value): frame.integer(value)
    case .bytes(let bytes): frame.counted(bytes)
    case .texts(let texts): frame.list(texts) { $0.string($1) }
    }
  }
}

extension TensorPayload {
  /// Where its values are; none while they are yet to be combined.
  var pieces: [Piece] {
    if case .pieces(let pieces) = content { pieces } else { [] }
  }
}
