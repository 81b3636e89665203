/// One message as its sender or its receiver sees it.
public struct Transfer: Hashable, Sendable {
  /// The other side's rank.
  public let peer: Int
  /// Numbers the messages that the receiver gets in this collective.
  public let round: Int
  public let byteCount: Int
  /// What is in it.
  public let blocks: BlockSelection

  /// `nil` where there is nothing to send: empty messages are left out.
  init?(peer: Int, round: Int, layout: BlockLayout, start: Int, count: Int = 1) {
    let byteCount = layout.byteCount(start: start, length: count)
    if byteCount == 0 { return nil }
    self.init(peer: peer, round: round, byteCount: byteCount, blocks: .run(start: start, count: count))
  }

  init(peer: Int, round: Int, byteCount: Int, blocks: BlockSelection) {
    self.peer = peer
    self.round = round
    self.byteCount = byteCount
    self.blocks = blocks
  }
}

/// One step of an algorithm: at most one message out and one in.
struct Exchange: Sendable {
  var send: Transfer?
  var receive: Transfer?
  /// Whether what is received is combined with the own blocks rather than stored in their place.
  var combines = false
}

/// An algorithm from one member's point of view, as a numbered list of exchanges.
///
/// Every collective algorithm in this room is such a list plus the rule that says which exchange has to end before
/// another begins. Normally exchange `i` begins once exchange `i - window` has ended: window 1 is the textbook's
/// blocking step, 2 is gloo's pipelining, and the whole length posts everything at once.
protocol ExchangeSchedule: Sendable {
  var firstStep: Int { get }
  /// One past the last step.
  var endStep: Int { get }
  /// Exchanges that may be in flight at once.
  var window: Int { get }
  /// Whether a step hands its message to the transport before it gets ready to receive.
  var sendsFirst: Bool { get }
  var sendCompletion: SendCompletion { get }

  /// The exchange of `step`; cheap, because it is asked for several times a step.
  func exchange(at step: Int) -> Exchange

  /// The step that ends in `iteration`, before the step of that number begins; below `firstStep` where none does.
  func stepEnding(in iteration: Int) -> Int

  /// One past the iteration in which the last step ends.
  var endIteration: Int { get }
}

extension ExchangeSchedule {
  var firstStep: Int { 0 }
  var window: Int { 1 }
  var sendsFirst: Bool { false }
  var sendCompletion: SendCompletion { .atEnd }
  func stepEnding(in iteration: Int) -> Int { iteration &- window }
  var endIteration: Int { firstStep < endStep ? endStep &+ window : endStep }
}

/// When a member waits for its messages to have left.
enum SendCompletion: Sendable {
  /// Once, after the last exchange: the algorithm overwrites nothing that may still be leaving.
  case atEnd
  /// Before combining what the exchange received, since that overwrites what it sends.
  case beforeCombining
  /// As the exchange's last act.
  case afterCombining
}
