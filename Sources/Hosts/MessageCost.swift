import Quantities

/// Processor time for one message.
public struct MessageCost: Hashable, Sendable {
  /// Time for each message, whatever its size.
  public var picosecondsPerMessage: Int64
  /// Time for each byte of payload.
  public var picosecondsPerByte: Double

  /// A cost, nothing unless given.
  public init(picosecondsPerMessage: Int64 = 0, picosecondsPerByte: Double = 0) {
    self.picosecondsPerMessage = picosecondsPerMessage
    self.picosecondsPerByte = picosecondsPerByte
  }

  /// Whether messages cost nothing.
  public var isZero: Bool { picosecondsPerMessage == 0 && picosecondsPerByte == 0 }

  /// The time for a message of that many bytes of payload.
  @inline(__always)
  public func picoseconds(byteCount: Int) -> Int64 {
    Picoseconds.sum(picosecondsPerMessage, Picoseconds.nearest(picosecondsPerByte * Double(byteCount)))
  }
}
