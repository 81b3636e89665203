import Communication
import SimulationKernel

/// Told what happens in a simulated world, for logs and traces. World ranks throughout.
public protocol RunObserver: AnyObject {
  /// A device has computed.
  func computed(_ computation: Computation)

  /// A message has arrived.
  func delivered(_ message: DeliveredMessage)

  /// A member's part of a collective has ended.
  func ended(_ collective: EndedCollective)

  /// A program has marked a moment.
  func marked(rank: Int, name: String, time: VirtualTime)
}

/// An operation that a device has computed, as an observer sees it.
public struct Computation: Hashable, Sendable {
  /// The device's world rank.
  public let rank: Int
  /// The operation's name.
  public let operation: String
  /// When it began.
  public let start: VirtualTime
  /// How long it took, in picoseconds.
  public let duration: Int64
  /// What was measured, in picoseconds, before the device's speed stretched it; `nil` where nothing was.
  public let measured: Int64?

  package init(
    rank: Int, operation: String, start: VirtualTime, duration: Int64, measured: Int64?
  ) {
    self.rank = rank
    self.operation = operation
    self.start = start
    self.duration = duration
    self.measured = measured
  }
}

/// A message that has arrived, as an observer sees it.
public struct DeliveredMessage: Hashable, Sendable {
  /// The sender's world rank.
  public let source: Int
  /// The receiver's world rank.
  public let destination: Int
  /// Payload bytes.
  public let byteCount: Int
  /// The tag of a point-to-point message, the round of a collective's.
  public let tag: Int
  /// Whether a collective sent it.
  public let isPartOfCollective: Bool
  /// When it was handed to the network.
  public let posted: VirtualTime
  /// When its last byte arrived.
  public let arrived: VirtualTime

  package init(
    source: Int, destination: Int, byteCount: Int, tag: Int, isPartOfCollective: Bool, posted: VirtualTime,
    arrived: VirtualTime
  ) {
    self.source = source
    self.destination = destination
    self.byteCount = byteCount
    self.tag = tag
    self.isPartOfCollective = isPartOfCollective
    self.posted = posted
    self.arrived = arrived
  }
}

/// One member's part of a collective, as an observer sees it.
public struct EndedCollective: Hashable, Sendable {
  /// The member's world rank.
  public let rank: Int
  /// What the members did together.
  public let operation: CollectiveOperation
  /// Bytes as the member passed them.
  public let byteCount: Int
  /// The group's name.
  public let groupName: String
  /// When the member called it.
  public let start: VirtualTime
  /// When the member's part ended.
  public let end: VirtualTime

  package init(
    rank: Int, operation: CollectiveOperation, byteCount: Int, groupName: String, start: VirtualTime, end: VirtualTime
  ) {
    self.rank = rank
    self.operation = operation
    self.byteCount = byteCount
    self.groupName = groupName
    self.start = start
    self.end = end
  }
}
