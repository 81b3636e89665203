/// What a communication library puts on the links: the bytes of its messages, and when they leave.
///
/// What its work costs hosts is in `HostModel`.
public struct WireModel: Hashable, Sendable {
  /// Bytes that each message has on the wire beside its payload's: the library's header, and what announces it.
  public var headerBytes = 0
  /// Bytes on the wire for each byte of payload, by payload size: headers, and rates that small messages do not reach.
  public var factor = PiecewiseLinear(constant: 1)
  /// Payloads of at least this many bytes leave only after the receiver's clear-to-send; `nil` for never.
  public var rendezvousThresholdBytes: Int?
  /// Bytes of a clear-to-send, which shares the links from receiver to sender with everything else.
  public var clearToSendBytes = 0
  /// Bytes on the wire that the system takes from a sender before they can leave, as a socket's buffer does: a send ends for
  /// its sender when no more than these are left, at once where it fits into what the buffer has free (``SendBuffers``). `nil`
  /// where it ends when the last byte has arrived.
  public var sendBufferBytes: Int?

  /// A model that adds nothing to payloads; set what it does add.
  public init() {}

  /// Whether a payload of this size waits for its receiver.
  @inline(__always)
  public func isRendezvous(byteCount: Int) -> Bool {
    guard let threshold = rendezvousThresholdBytes else { return false }
    return byteCount >= threshold
  }

  /// Bytes on the wire of a payload.
  @inline(__always)
  public func bytes(ofPayload byteCount: Int) -> Double {
    Double(headerBytes) + Double(byteCount) * factor(Double(byteCount))
  }

  /// Of a message's bytes on the wire, those that have to leave before its send ends for its sender, and those that only
  /// have to leave before it has arrived; `nil` where both are the same instant.
  public func stages(ofBytes bytes: Double) -> (unbuffered: Double, buffered: Double)? {
    sendBufferBytes.map { (max(0, bytes - Double($0)), min(bytes, Double($0))) }
  }
}
