/// An algorithm from one member's point of view, as a numbered list of exchanges.
///
/// Every collective algorithm in this module is such a list plus the rule that says which exchange has to end before
/// another begins. Normally exchange `i` begins once exchange `i - window` has ended: window 1 is the textbook's
/// blocking step, 2 is gloo's pipelining, and the whole length posts everything at once.
protocol ExchangeSchedule: Sendable {
  /// The blocks that its transfers are made of.
  var layout: BlockLayout { get }
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
  var iterations: Range<Int> { firstStep..<max(firstStep, endIteration) }
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
