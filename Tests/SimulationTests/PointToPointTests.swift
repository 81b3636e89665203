import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

private typealias Numbers = Values<Double>

/// Latency of a path 2 ms, bandwidth 1 MB/s, unless a test says otherwise.
@Suite("Messages from rank to rank")
struct PointToPointTests {
  @Test("a message takes alpha + S / B, and its sender waits as long")
  func time() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2)
    try world.run { process, world in
      if world.rank == 0 {
        try await world.send(Numbers(repeating: 1, count: 1000), to: 1)
      } else {
        let received = try await world.receive(Numbers.self, from: 0)
        #expect(received == Numbers(repeating: 1, count: 1000))
      }
      #expect(process.now == VirtualTime(seconds: 0.010))
    }
  }

  @Test("handles can be asked and waited for later, several times")
  func handles() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2)
    try world.run { process, world in
      let location = SourceLocation()
      guard world.rank == 1 else {
        let work = try world.startSend(Size(byteCount: 8000), to: 1, tag: 3, at: location)
        #expect(process.now == .zero)
        process.compute(for: .milliseconds(4))
        let early = try await work.isCompleted()
        #expect(!early)
        process.compute(for: .milliseconds(6))
        let late = try await work.isCompleted()
        #expect(late)
        return try await work.wait()
      }
      let work = try world.startReceive(Size.self, from: 0, tag: nil, at: location)
      let early = try await work.isCompleted()
      #expect(!early)
      for _ in 0..<2 {
        let received = try await work.wait()
        #expect(received.source == 0 && received.tag == 3 && received.payload.byteCount == 8000)
      }
      #expect(process.now == VirtualTime(seconds: 0.010))
    }
  }

  @Test("tags are taken out of order, and each tag in its own order")
  func tags() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2)
    try world.run { _, world in
      guard world.rank == 1 else {
        for (tag, value) in [(1, 10.0), (2, 20), (1, 11), (3, 30)] {
          try await world.send(Numbers([value]), to: 1, tag: tag)
        }
        return
      }
      for (tag, value) in [(3, 30.0), (1, 10), (1, 11), (2, 20)] {
        let received = try await world.receive(Numbers.self, from: 0, tag: tag)
        #expect(received.elements == [value])
      }
    }
  }

  @Test("a receive of any source and tag takes what arrives first")
  func wildcards() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 4)
    try world.run { process, world in
      guard world.rank == 0 else {
        process.compute(for: .milliseconds(10 * (4 - world.rank)))
        return try await world.send(Numbers([Double(world.rank)]), to: 0, tag: 40 + world.rank)
      }
      process.compute(for: .milliseconds(100))
      var seen: [Int] = []
      for _ in 0..<3 {
        let received = try await world.startReceive(Numbers.self, from: nil, tag: nil, at: SourceLocation()).wait()
        #expect(received.tag == 40 + received.source && received.payload.elements == [Double(received.source)])
        seen.append(received.source)
      }
      #expect(seen == [3, 2, 1])
    }
  }

  @Test("messages of different groups never meet, and sources are ranks of the group")
  func groups() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 3)
    try world.run { _, world in
      guard world.rank > 0 else { return }
      let pair = try await world.subgroup([2, 1], name: "pair")
      if world.rank == 1 {
        try await world.send(Numbers([1]), to: 2, tag: 5)
        try await pair.send(Numbers([2]), to: 0, tag: 5)
      } else {
        let inner = try await pair.startReceive(Numbers.self, from: nil, tag: 5, at: SourceLocation()).wait()
        #expect(inner.source == 1 && inner.payload.elements == [2])
        let outer = try await world.startReceive(Numbers.self, from: nil, tag: 5, at: SourceLocation()).wait()
        #expect(outer.source == 1 && outer.payload.elements == [1])
      }
    }
  }

  @Test("a payload of another type is refused by name")
  func wrongType() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2)
    let failure = world.failure { _, world in
      if world.rank == 0 {
        try await world.send(Values<Double>([1]), to: 1)
      } else {
        _ = try await world.receive(Values<Float>.self, from: 0, fileID: "Here/There.swift", line: 7)
      }
    }
    guard case .processFailed(let report)? = failure else {
      Issue.record("the run did not fail")
      return
    }
    #expect(
      "\(report.error)"
        == "receive at Here/There.swift:7: the message from rank 0 holds Values<Double>, not Values<Float>")
  }

  @Test("a message to oneself costs nothing", arguments: [TransportProfile.ideal, .nccl])
  func selfSend(_ profile: TransportProfile) throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2, profile: profile)
    try world.run { process, world in
      process.compute(for: .seconds(1))
      let work = try world.startSend(Numbers([4, 5]), to: world.rank, tag: 0, at: SourceLocation())
      let received = try await world.receive(Numbers.self, from: world.rank)
      try await work.wait()
      #expect(received.elements == [4, 5])
      #expect(process.now == VirtualTime(seconds: 1))
    }
  }
}
