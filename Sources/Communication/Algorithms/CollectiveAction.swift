/// What a member of a collective does next, as its algorithm says.
///
/// An algorithm is a pure state machine, one value per member, that returns these one after another; whoever
/// runs it (the simulator, a test) performs them. `round` numbers the messages that one member receives in one
/// collective: no two messages to the same member carry the same round, and sender and receiver compute the same one.
public enum CollectiveAction: Equatable, Sendable {
  /// Hand a message to the transport and go on. `peer` is a rank in the group. Never has zero bytes unless the algorithm
  /// sends empty messages on purpose (barrier).
  case send(peer: Int, byteCount: Int, round: Int)

  /// Be ready to receive the message of `round` from `peer`; goes on at once. Always precedes the matching
  /// `awaitReceive`. A rendezvous transport lets the sender's payload leave only after this.
  case postReceive(peer: Int, byteCount: Int, round: Int)

  /// Go on once the message of `round` has arrived.
  case awaitReceive(round: Int)

  /// Go on once at least `count` of this member's sends in this collective have left completely.
  case awaitSends(count: Int)

  /// Combine `byteCount` received bytes with own ones.
  case reduce(byteCount: Int)

  /// Copy `byteCount` bytes within the device's memory.
  case copy(byteCount: Int)

  /// This member's part has ended.
  case finished
}
