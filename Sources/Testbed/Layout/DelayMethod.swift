/// How a testbed's links are given their delay.
public enum DelayMethod: Hashable, Sendable {
  /// By the kernel.
  case netem
  /// By a process that takes frames from one end of each link and puts them into the other end later.
  ///
  /// - Parameter command: the words that start it, to which the delay in nanoseconds and the links' ends are added.
  case relay(command: [String])
}
