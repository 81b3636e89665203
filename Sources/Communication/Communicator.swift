@_exported import struct Inputs.SourceLocation

/// A process group seen from one of its members: who it is, who the others are, and every way to talk to them.
///
/// Simulation and deployment implement this protocol; a model is written once against it. Ranks are positions in
/// this group, `0..<size`. Each operation has a `start` form that returns at once with a ``Work`` and a form that
/// waits. All members must call the same collectives in the same order with agreeing arguments.
public protocol Communicator: AnyObject, Sendable {
  /// This member's position in the group.
  var rank: Int { get }

  /// Number of members.
  var size: Int { get }

  /// The group's name in traces and diagnoses (`world`, `tensor`, ...).
  var name: String { get }

  /// The members' ranks in the world, in group order.
  var worldRanks: [Int] { get }

  /// A group of the members at `ranks` of this one, in that order. Every listed member must call it; the others must not.
  func subgroup(_ ranks: [Int], name: String, at location: SourceLocation) async throws -> any Communicator

  func startSend<P: Payload>(_ payload: P, to destination: Int, tag: Int, at location: SourceLocation) throws
    -> Work<Void>

  /// - Parameters:
  ///   - source: the sender's rank, or `nil` for whoever's message arrives first.
  ///   - tag: the tag sent with, or `nil` for any.
  /// - Throws: when the message that matches holds another type than `P`.
  func startReceive<P: Payload>(_ type: P.Type, from source: Int?, tag: Int?, at location: SourceLocation) throws
    -> Work<Received<P>>

  /// A receive whose receiver knows what to expect, as one must from members that send elements and nothing else.
  ///
  /// - Parameter template: a payload of the size and element type to expect, whose values are ignored.
  func startReceive<P: Payload>(like template: P, from source: Int?, tag: Int?, at location: SourceLocation) throws
    -> Work<Received<P>>

  /// Every member ends with the combination of all contributions, which have equal sizes.
  func startAllReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, at location: SourceLocation) throws
    -> Work<P>

  /// Every member ends with all blocks in rank order. Blocks may differ in size when `counts` gives each member's
  /// element count; without it all are as large as this member's.
  func startAllGather<P: Payload>(_ payload: P, counts: [Int]?, at location: SourceLocation) throws -> Work<[P]>

  /// Member `r` ends with the combination of all members' block `r`: `payload` holds one block of `counts[r]` elements
  /// for each member, equal ones without `counts`.
  func startReduceScatter<P: Payload>(
    _ payload: P, _ reduction: ReductionOperator, counts: [Int]?, at location: SourceLocation
  ) throws -> Work<P>

  /// `root` ends with the combination of all contributions, the others with `nil`.
  func startReduce<P: Payload>(_ payload: P, _ reduction: ReductionOperator, root: Int, at location: SourceLocation)
    throws -> Work<P?>

  /// Every member ends with the root's payload. The others pass a payload of the same size, whose values are ignored.
  func startBroadcast<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<P>

  /// `root` ends with everybody's payload in rank order, the others with `nil`.
  func startGather<P: Payload>(_ payload: P, root: Int, at location: SourceLocation) throws -> Work<[P]?>

  /// Member `r` ends with the root's `r`-th payload. Only the root passes payloads, one for each member; everybody passes
  /// a `template` of the size and element type that all of them have, whose values are ignored.
  func startScatter<P: Payload>(_ payloads: [P]?, like template: P, root: Int, at location: SourceLocation) throws
    -> Work<P>

  /// Member `r` ends with everybody's `r`-th payload, in rank order. Payloads may differ in size when
  /// `receiveCounts` gives the element count to expect from each member.
  func startAllToAll<P: Payload>(_ payloads: [P], receiveCounts: [Int]?, at location: SourceLocation) throws
    -> Work<[P]>

  /// Ends once every member has arrived.
  func startBarrier(at location: SourceLocation) throws -> Work<Void>
}

extension Communicator {
  /// As a receive of anything, for messages say what they hold.
  public func startReceive<P: Payload>(like template: P, from source: Int?, tag: Int?, at location: SourceLocation)
    throws -> Work<Received<P>>
  {
    try startReceive(P.self, from: source, tag: tag, at: location)
  }
}

/// A message as its receiver sees it.
public struct Received<P: Payload>: Sendable {
  /// The sender's rank in the group.
  public let source: Int
  /// The tag that the message was sent with.
  public let tag: Int
  /// What the message holds.
  public let payload: P

  /// A message from the member `source`.
  public init(source: Int, tag: Int, payload: P) {
    self.source = source
    self.tag = tag
    self.payload = payload
  }
}
