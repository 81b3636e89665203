/// How far a member has come in its schedule.
struct ExchangeProgress: Sendable {
  /// What is to be looked at next.
  private enum Stage: UInt8, Sendable, Comparable {
    // Of the exchange that ends in this iteration.
    case awaitReceive, awaitSendsToCombine, combine, awaitSendsOfStep
    // Of the exchange that begins in this iteration.
    case beginFirst, beginSecond
    case advance, finish

    static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
  }

  private var iteration: Int32
  /// Messages handed to the transport so far.
  private var sentCount: Int32 = 0
  /// How many of them belong to exchanges that have ended.
  private var endedSendCount: Int32 = 0
  private var stage = Stage.awaitReceive

  init(startingAt firstStep: Int) {
    iteration = Int32(truncatingIfNeeded: firstStep)
  }

  /// The next action. Never allocates; amortised O(1), as few exchanges are empty.
  @inline(__always)
  mutating func next(in schedule: some ExchangeSchedule) -> CollectiveAction {
    let endIteration = schedule.endIteration
    while Int(iteration) < endIteration {
      if stage < .beginFirst {
        let ending = schedule.stepEnding(in: Int(iteration))
        if ending >= schedule.firstStep, let action = end(schedule.exchange(at: ending), schedule.sendCompletion) {
          return action
        }
        stage = .beginFirst
      }
      if stage < .advance, Int(iteration) < schedule.endStep,
        let action = begin(schedule.exchange(at: Int(iteration)), sendingFirst: schedule.sendsFirst)
      {
        return action
      }
      iteration &+= 1
      stage = .awaitReceive
    }
    if stage != .finish {
      stage = .finish
      if sentCount > 0 { return .awaitSends(count: Int(sentCount)) }
    }
    return .finished
  }

  @inline(__always)
  private mutating func end(_ exchange: Exchange, _ completion: SendCompletion) -> CollectiveAction? {
    if stage == .awaitReceive {
      if exchange.send != nil { endedSendCount &+= 1 }
      stage = .awaitSendsToCombine
      if let receive = exchange.receive { return .awaitReceive(round: receive.round) }
    }
    if stage == .awaitSendsToCombine {
      stage = .combine
      if completion == .beforeCombining, exchange.send != nil { return .awaitSends(count: Int(endedSendCount)) }
    }
    if stage == .combine {
      stage = .awaitSendsOfStep
      if exchange.combines, let receive = exchange.receive { return .reduce(byteCount: receive.byteCount) }
    }
    stage = .beginFirst
    if completion == .afterCombining, exchange.send != nil { return .awaitSends(count: Int(endedSendCount)) }
    return nil
  }

  @inline(__always)
  private mutating func begin(_ exchange: Exchange, sendingFirst: Bool) -> CollectiveAction? {
    if stage == .beginFirst {
      stage = .beginSecond
      if let action = begin(exchange, sending: sendingFirst) { return action }
    }
    stage = .advance
    return begin(exchange, sending: !sendingFirst)
  }

  @inline(__always)
  private mutating func begin(_ exchange: Exchange, sending: Bool) -> CollectiveAction? {
    if sending {
      guard let send = exchange.send else { return nil }
      sentCount &+= 1
      return .send(peer: send.peer, byteCount: send.byteCount, round: send.round)
    }
    guard let receive = exchange.receive else { return nil }
    return .postReceive(peer: receive.peer, byteCount: receive.byteCount, round: receive.round)
  }

  /// The message that the action returned last sends, gets ready for, awaits or combines, and whether it is combined;
  /// `nil` after the other actions.
  func lastTransfer(in schedule: some ExchangeSchedule) -> (transfer: Transfer, combines: Bool)? {
    let exchange: Exchange
    let isSend: Bool
    switch stage {
    case .awaitSendsToCombine, .awaitSendsOfStep:
      exchange = schedule.exchange(at: schedule.stepEnding(in: Int(iteration)))
      isSend = false
    case .beginSecond, .advance:
      exchange = schedule.exchange(at: Int(iteration))
      isSend = (stage == .beginSecond) == schedule.sendsFirst
    case .awaitReceive, .combine, .beginFirst, .finish: return nil
    }
    guard let transfer = isSend ? exchange.send : exchange.receive else { return nil }
    return (transfer, exchange.combines)
  }
}
