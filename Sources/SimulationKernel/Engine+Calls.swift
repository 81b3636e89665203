/// Rare events as closures, and messages between processes without a network.
extension Engine {
  /// Calls `action` at `time`. Costs an allocation; frequent events have an ``EventHandler``.
  public func call(
    at time: VirtualTime, priority: EventPriority = .environment, _ action: @escaping () -> Void
  ) {
    calls.add(action, at: time, priority: priority)
  }
}

extension LogicalProcess {
  /// Sends `content` to arrive at `destination` after `delay`; does not wait. The source is this process's identifier.
  public func send(
    _ content: any Sendable, to destination: LogicalProcess, tag: Int = 0, after delay: Duration = .zero
  ) {
    let envelope = Envelope(source: id, tag: tag, content: content)
    engine.call(at: now.advanced(by: delay), priority: .traffic) { destination.mailbox.deliver(envelope) }
  }
}

/// Closures that wait for their time.
final class ScheduledCalls: EventHandler {
  private unowned let engine: Engine
  private var actions: [(() -> Void)?] = []
  private var free: [Int] = []
  private lazy var handlerID = engine.register(self)

  init(engine: Engine) { self.engine = engine }

  func add(_ action: @escaping () -> Void, at time: VirtualTime, priority: EventPriority) {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      actions[slot] = action
    } else {
      slot = actions.count
      actions.append(action)
    }
    engine.schedule(at: time, priority: priority, handlerID, token: UInt64(slot))
  }

  func handle(token: UInt64) {
    let slot = Int(token)
    let action = actions[slot]
    actions[slot] = nil
    free.append(slot)
    action?()
  }
}
