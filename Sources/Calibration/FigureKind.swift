/// What has been measured: the patterns of `python/uniference/calibration`, by the names they have there.
public enum FigureKind: String, Codable, CaseIterable, Sendable {
  /// Half the time of a message and its answer, each receive posted when the send before it has ended.
  case pingPong = "ping_pong"
  /// The same with receives posted before the first message leaves.
  case preparedPingPong = "prepared_ping_pong"
  /// From a receive to its end, the sender having waited for long.
  case lateReceiver = "late_receiver"
  /// From one message to the next with all of them in flight.
  case stream
  /// The call that starts a send.
  case sendCall = "send_call"
  /// Two ranks send to each other at once.
  case bothWays = "both_ways"
  /// Two ranks send to a third at once.
  case twoIntoOne = "two_into_one"
  /// Streams between several pairs at once.
  case pairsAtOnce = "pairs_at_once"
  case barrier
  /// An all-reduce after each rank has computed on more memory than caches hold.
  case coldAllReduce = "cold_all_reduce"
  /// By how much a sleep is longer than asked for.
  case sleepOvershoot = "sleep_overshoot"
  /// The timing of a collective without the collective: what the script needs in any case, from its sleep to its clock.
  case nothing
  case allReduce = "all_reduce"
  case allGather = "all_gather"
  case broadcast
  /// An all-reduce on a group of one.
  case aloneAllReduce = "alone_all_reduce"
  /// The call that starts a collective.
  case startCall = "start_call"
  /// An operation on a device.
  case kernel
  /// An operation on all devices at once.
  case kernelAtOnce = "kernel_at_once"
  /// Copying bytes in memory.
  case copy
  /// Adding bytes in memory to others, as a reduction does.
  case reduce

  /// Measurements of earlier versions say `oversleep`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let kind = FigureKind(rawValue: name == "oversleep" ? "sleep_overshoot" : name) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "there is no measurement '\(name)'")
    }
    self = kind
  }

  /// What tables call it.
  var title: String { rawValue.replacing("_", with: " ") }

  /// Messages from one rank to another.
  static let pointToPoint: Set<FigureKind> = [
    .pingPong, .preparedPingPong, .lateReceiver, .stream, .sendCall, .bothWays, .twoIntoOne, .pairsAtOnce,
  ]
  /// Operations of all ranks.
  static let collectives: Set<FigureKind> = [.barrier, .allReduce, .coldAllReduce, .allGather, .broadcast]
  /// Those that are timed from when the last rank should have begun.
  static let staggered = collectives.subtracting([.coldAllReduce])
  /// What the network's figures are fitted to.
  ///
  /// Not the call that starts a send: it puts as many bytes as fit into the socket's buffer, and the network carries the
  /// first ones meanwhile, so its time is no part of the message's.
  static let network = pointToPoint.union(collectives).union([.copy, .reduce]).subtracting([.sendCall])
}
