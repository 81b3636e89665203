import Communication
import SimulationKernel

/// Told what happens in a simulated world, for logs and traces. World ranks throughout.
public protocol RunObserver: AnyObject {
  /// A device has computed.
  func computed(rank: Int, operation: String, start: VirtualTime, duration: Int64)

  /// A message has arrived.
  func delivered(_ message: DeliveredMessage)

  /// A member's part of a collective has ended.
  func ended(_ collective: EndedCollective)

  /// A program has marked a moment.
  func marked(rank: Int, name: String, time: VirtualTime)
}

/// A message that has arrived, as an observer sees it.
public struct DeliveredMessage: Hashable, Sendable {
  public let source: Int
  public let destination: Int
  /// Payload bytes.
  public let byteCount: Int
  /// The tag of a point-to-point message, the round of a collective's.
  public let tag: Int
  public let isPartOfCollective: Bool
  public let posted: VirtualTime
  public let arrived: VirtualTime
}

/// One member's part of a collective, as an observer sees it.
public struct EndedCollective: Hashable, Sendable {
  public let rank: Int
  public let operation: CollectiveOperation
  public let byteCount: Int
  /// The group's name.
  public let groupName: String
  public let start: VirtualTime
  public let end: VirtualTime
}
