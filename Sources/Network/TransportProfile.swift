import Quantities
import SimulationKernel

/// What a real communication library adds to the bare network.
///
/// Profiles are data: shipped (``ideal``, ``glooTCP``, ``nccl``) or measured by calibration.
public struct TransportProfile: Hashable, Sendable, Codable {
  /// What reports call it.
  public var name: String
  /// Processor time of the sender for each message, before it leaves.
  public var send = MessageCost()
  /// Processor time of the receiver for each message, after it has arrived.
  public var receive = MessageCost()
  /// Time from a collective's call until its first message can leave: the framework's dispatch, and the hand-over to the
  /// library's thread, there and back.
  public var picosecondsPerCollective: Int64 = 0
  /// The progress model: how long at most a message waits at a host that computes before the library makes progress. Zero
  /// for strong progress, where the host has a core to spare for the library's threads (MPI's asynchronous progress);
  /// `Int64.max` for weak progress, which is made only while the rank waits.
  public var progressDelayPicoseconds: Int64 = 0
  /// Bytes on the wire that the system takes from a sender before they can leave, as a socket's buffer does: a send ends for
  /// its sender when no more than these are left, at once where it fits into what the buffer has free (``SendBuffers``). `nil`
  /// where it ends when the last byte has arrived.
  public var sendBufferBytes: Int?
  /// Payloads of at least this many bytes leave only after the receiver's clear-to-send; `nil` for never.
  public var rendezvousThresholdBytes: Int?
  /// Bytes that each message has on the wire beside its payload's: the library's header, and what announces it.
  public var headerBytes = 0
  /// Bytes of a clear-to-send, which shares the links from receiver to sender with everything else.
  public var clearToSendBytes = 0
  /// Processor time of a clear-to-send: at the receiver before it leaves, and again at the sender when it arrives.
  public var picosecondsPerClearToSend: Int64 = 0
  /// C-state exit latency: what a message waits for a core that has been idle (ACPI C-states; the kernel's `cpuidle`, whose
  /// governors poll for a while first). A virtual machine's idle core has to be scheduled by its host, too. Timers, which
  /// the system knows of beforehand, have ``sleepOvershootPicoseconds`` instead.
  public var cStateExit = DelayAfter()
  /// Cold-cache penalty: what a call of the library takes longer after its rank has computed, since the caches hold the
  /// computation's data then.
  public var coldCache = DelayAfter()
  /// Sleep overshoot: how much longer than it asked for a rank sleeps, until the timer's interrupt has been served and the
  /// rank is on its core again.
  public var sleepOvershootPicoseconds: Int64 = 0
  /// Cores that all hosts share for the library's work, as in a testbed inside one machine; `nil` where each host has its
  /// own.
  public var sharedCores: Int?
  /// Bytes on the wire for each byte of payload, by payload size: headers, and rates that small messages do not reach.
  public var wireFactor = PiecewiseLinear(constant: 1)
  /// Time to combine received bytes with own ones.
  public var reducePicosecondsPerByte = 0.0
  /// Time to copy bytes within a device's memory.
  public var copyPicosecondsPerByte = 0.0
  /// Time for each such copy, whatever its size: of the framework's operation and its memory.
  public var picosecondsPerCopy: Int64 = 0

  /// A profile that adds nothing; set what it does add.
  public init(name: String) { self.name = name }

  /// Whether a payload of this size waits for its receiver.
  @inline(__always)
  public func isRendezvous(byteCount: Int) -> Bool {
    guard let threshold = rendezvousThresholdBytes else { return false }
    return byteCount >= threshold
  }

  /// Bytes on the wire of a payload.
  @inline(__always)
  public func wireBytes(byteCount: Int) -> Double {
    Double(headerBytes) + Double(byteCount) * wireFactor(Double(byteCount))
  }

  /// Of bytes on the wire, those that have to leave before their send ends for its sender, and those that only have to
  /// leave before it has arrived; `nil` where both are the same instant.
  public func stages(wireBytes: Double) -> (unbuffered: Double, buffered: Double)? {
    sendBufferBytes.map { (max(0, wireBytes - Double($0)), min(wireBytes, Double($0))) }
  }

  /// Time to combine received bytes with own ones.
  @inline(__always)
  public func reducePicoseconds(byteCount: Int) -> Int64 {
    Picoseconds.nearest(reducePicosecondsPerByte * Double(byteCount))
  }

  /// Time to copy bytes within a device's memory.
  @inline(__always)
  public func copyPicoseconds(byteCount: Int) -> Int64 {
    Picoseconds.sum(picosecondsPerCopy, Picoseconds.nearest(copyPicosecondsPerByte * Double(byteCount)))
  }

  /// Nothing but latency, bandwidth and sharing.
  public static let ideal = TransportProfile(name: "ideal")

  /// Gloo over TCP on Ethernet.
  ///
  /// 1448 bytes of payload travel in a frame of 1514 bytes (RFC 894, RFC 9293 with timestamps, MTU 1500). Each payload
  /// waits for its receiver's clear-to-send (gloo/transport/tcp/pair.cc, `sendNotifyRecvReady`). Gloo between network
  /// namespaces of one two-core x86-64 machine took 90 to 120 us for a small message, that included; half is charged to each
  /// end. Processors differ: calibrate for figures that matter.
  public static let glooTCP: TransportProfile = {
    var profile = TransportProfile(name: "gloo-tcp")
    profile.send.picosecondsPerMessage = 50_000_000
    profile.receive.picosecondsPerMessage = 50_000_000
    profile.rendezvousThresholdBytes = 0
    profile.clearToSendBytes = 66 + 32
    profile.wireFactor = PiecewiseLinear(constant: 1514.0 / 1448.0)
    return profile
  }()

  /// NCCL: its latencies belong to algorithms and protocols and come with the collective's plan.
  public static let nccl = TransportProfile(name: "nccl")

  /// The profiles that need no calibration.
  public static let shipped = [ideal, glooTCP, nccl]
}

/// Processor time for one message.
public struct MessageCost: Hashable, Sendable, Codable {
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
