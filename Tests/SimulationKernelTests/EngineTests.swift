import SimulationKernel
import Testing

@Suite("Engine")
struct EngineTests {
  @Test("a sleep is longer than asked for by as much as the engine is told, where there is one")
  func sleepOvershoot() throws {
    let engine = Engine()
    engine.sleepOvershootPicoseconds = 7
    let process = engine.spawn {
      try await $0.clock.sleep(for: .zero)
      #expect($0.now == .zero)
      for _ in 0..<3 { try await $0.clock.sleep(for: .picoseconds(100)) }
    }
    try engine.run()
    #expect(process.now == VirtualTime(picoseconds: 321))
  }

  @Test("computing moves only the local clock")
  func localClocks() throws {
    let engine = Engine()
    let fast = engine.spawn(name: "fast") { $0.compute(for: .milliseconds(1)) }
    let slow = engine.spawn(name: "slow") { $0.compute(for: .seconds(5)) }

    try engine.run()

    #expect(fast.now == VirtualTime(seconds: 0.001))
    #expect(slow.now == VirtualTime(seconds: 5))
    #expect(engine.now == .zero)
    #expect(engine.eventCount == 0)
    #expect(engine.endTime == VirtualTime(seconds: 5))
  }

  @Test("a receive with a time limit is met by what arrives before the limit", arguments: [(1, true), (3, false)])
  func timeLimit(arrival: Int, isMet: Bool) throws {
    let engine = Engine()
    let receiver = engine.spawn(name: "receiver") { process in
      let met = try await withThrowingTaskGroup(of: Bool.self) { tasks in
        tasks.addTask {
          try await process.clock.sleep(for: .seconds(2))
          return false
        }
        tasks.addTask {
          _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 7))
          return true
        }
        defer { tasks.cancelAll() }
        return try await tasks.next()
      }
      #expect(met == isMet)
    }
    engine.spawn(name: "sender") { $0.send("hello", to: receiver, tag: 7, after: .seconds(arrival)) }

    try engine.run()

    #expect(receiver.now == VirtualTime(seconds: isMet ? 1 : 2))
  }

  @Test("a message arrives after its delay, and its receiver goes on then")
  func message() throws {
    let engine = Engine()
    let receiver = engine.spawn(name: "receiver") { process in
      let envelope = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 7))
      #expect(envelope.content as? String == "hello")
      #expect(process.now == VirtualTime(seconds: 3))
    }
    engine.spawn(name: "sender") { process in
      process.compute(for: .seconds(1))
      process.send("hello", to: receiver, tag: 7, after: .seconds(2))
    }

    try engine.run()

    #expect(receiver.now == VirtualTime(seconds: 3))
  }

  @Test("a receive from a known source does not wait for the world to catch up")
  func receiveAhead() throws {
    let engine = Engine()
    let receiver = engine.spawn(name: "receiver") { process in
      process.compute(for: .seconds(10))
      _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 0))
      #expect(process.now == VirtualTime(seconds: 10))
    }
    engine.spawn(name: "sender") { $0.send(1, to: receiver, after: .seconds(2)) }

    try engine.run()

    #expect(engine.now == VirtualTime(seconds: 2))
  }

  @Test("a receive from any source takes what had arrived first, however far its process had run ahead")
  func wildcardOrder() throws {
    let engine = Engine()
    let receiver = engine.spawn(name: "receiver") { process in
      process.compute(for: .seconds(10))
      var sources: [Int] = []
      for _ in 0..<3 {
        sources.append(try await process.mailbox.receive(EnvelopePattern(source: nil, tag: nil)).source)
      }
      #expect(sources == [3, 2, 1])
    }
    for delay in [9, 8, 1] {
      engine.spawn(name: "sender") { $0.send(delay, to: receiver, after: .seconds(delay)) }
    }

    try engine.run()
  }

  @Test("polling asks about others and so waits for the world")
  func polling() throws {
    let engine = Engine()
    let receiver = engine.spawn(name: "receiver") { process in
      let pattern = EnvelopePattern(source: 1, tag: 0)
      process.compute(for: .seconds(1))
      let early = try await process.mailbox.contains(pattern)
      #expect(!early)
      process.compute(for: .seconds(1))
      let late = try await process.mailbox.contains(pattern)
      #expect(late)
    }
    engine.spawn(name: "sender") { $0.send(0, to: receiver, after: .seconds(2)) }

    try engine.run()
  }

  @Test("a timeout fires at its deadline, and what arrives at that very instant is in time")
  func timeouts() throws {
    let engine = Engine()
    let receiver = engine.spawn(name: "receiver") { process in
      await #expect(throws: ReceiveTimeout.self) {
        _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 0), timeout: .seconds(1))
      }
      #expect(process.now == VirtualTime(seconds: 1))
      _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 0), timeout: .seconds(1))
      #expect(process.now == VirtualTime(seconds: 2))
    }
    engine.spawn(name: "sender") { $0.send(0, to: receiver, after: .seconds(2)) }

    try engine.run()
  }

  @Test("events of one instant happen by priority, then in the order they were scheduled")
  func ties() throws {
    let engine = Engine()
    let order = Recorder<String>()
    let time = VirtualTime(seconds: 1)
    engine.call(at: time, priority: .timeout) { order.append("timeout") }
    engine.call(at: time, priority: .traffic) { order.append("traffic 1") }
    engine.call(at: time, priority: .environment) { order.append("environment") }
    engine.call(at: time, priority: .traffic) { order.append("traffic 2") }

    engine.runEvents()

    #expect(order.values == ["environment", "traffic 1", "traffic 2", "timeout"])
  }

  @Test("a process may have children; cancelling one ends its receive")
  func childCancellation() throws {
    let engine = Engine()
    let process = engine.spawn(name: "parent") { process in
      let cancelled = try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 1)) }
        _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 0))
        group.cancelAll()
        do {
          try await group.next()
          return false
        } catch is CancellationError {
          return true
        }
      }
      #expect(cancelled)
      #expect(process.now == VirtualTime(seconds: 1))
    }
    engine.spawn(name: "sender") { $0.send(0, to: process, tag: 0, after: .seconds(1)) }

    try engine.run()
  }
}

/// Collects values in the order of the simulation; used on the engine's thread only.
final class Recorder<Value: Sendable>: @unchecked Sendable {
  private(set) var values: [Value] = []
  func append(_ value: Value) { values.append(value) }
}
