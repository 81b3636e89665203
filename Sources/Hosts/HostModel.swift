import Quantities

/// What a communication library's work costs the hosts that run it: processor time, and delays of cores, caches and timers.
///
/// What it puts on the links is in `WireModel`. ``LibraryProcessors`` charges the times, ``LibraryProgress`` decides when the
/// library makes progress.
public struct HostModel: Hashable, Sendable {
  /// Processor time of the sender for each message, before it leaves.
  public var send = MessageCost()
  /// Processor time of the receiver for each message, after it has arrived.
  public var receive = MessageCost()
  /// Processor time of a clear-to-send: at the receiver before it leaves, and again at the sender when it arrives.
  public var picosecondsPerClearToSend: Int64 = 0
  /// Time from a collective's call until its first message can leave: the framework's dispatch, and the hand-over to the
  /// library's thread, there and back.
  public var picosecondsPerCollective: Int64 = 0
  /// When the library makes progress on a host whose rank computes.
  public var progress = ProgressModel.strong
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
  /// Time to combine received bytes with own ones.
  public var reducePicosecondsPerByte = 0.0
  /// Time to copy bytes within a device's memory.
  public var copyPicosecondsPerByte = 0.0
  /// Time for each such copy, whatever its size: of the framework's operation and its memory.
  public var picosecondsPerCopy: Int64 = 0

  /// Hosts on which a library's work takes no time; set what does.
  public init() {}

  /// Whether the library works on the host's processor. An accelerator's host then waits for its stream before a call, and
  /// for the call before it dispatches more. Otherwise (NCCL) calls are put on the stream, and the host goes on.
  public var worksOnHost: Bool { !send.isZero || !receive.isZero }

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
}
