/// Frames that are held for a time, in the order in which they came. A pure value; who holds it tells it the time.
struct DelayLine {
  private let delay: UInt64
  private let capacityBytes: Int
  private var frames: [(due: UInt64, bytes: [UInt8])] = []
  private var first = 0
  private(set) var byteCount = 0

  /// - Parameters:
  ///   - delay: nanoseconds.
  ///   - capacityBytes: what it holds at most; frames beyond are lost, as in a switch without memory.
  init(delay: UInt64, capacityBytes: Int) {
    self.delay = delay
    self.capacityBytes = capacityBytes
  }

  /// Takes a frame in.
  ///
  /// - Returns: whether there was room for it.
  mutating func add(_ bytes: [UInt8], at now: UInt64) -> Bool {
    guard byteCount + bytes.count <= capacityBytes else { return false }
    frames.append((now + delay, bytes))
    byteCount += bytes.count
    return true
  }

  /// The frame that leaves next, and when, in the clock of ``add(_:at:)``.
  mutating func removeFirst() -> (due: UInt64, bytes: [UInt8])? {
    guard first < frames.count else { return nil }
    let frame = frames[first]
    frames[first].bytes = []
    first += 1
    byteCount -= frame.bytes.count
    // Moves what is left only once that is less than half.
    if first > frames.count / 2 {
      frames.removeSubrange(..<first)
      first = 0
    }
    return frame
  }
}
