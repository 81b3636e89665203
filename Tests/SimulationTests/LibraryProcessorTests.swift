import Communication
import Hosts
import Network
import SimulationKernel
import Testing

@testable import Simulation

/// Latency of a path 2 ms, bandwidth 1 MB/s.
@Suite("Processors that do a library's work")
struct LibraryProcessorTests {
  private static let message = Size(byteCount: 1000)
  private static let millisecond: Int64 = 1_000_000_000

  private func world(ranks: Int, _ change: (inout TransportProfile) -> Void) throws -> SimulatedWorld {
    var profile = TransportProfile(name: "busy")
    change(&profile)
    return try .onSwitch(ranks: ranks, profile: profile)
  }

  @Test(
    "hosts that share cores send one after another",
    arguments: [(nil, [4, 4, 4]), (1, [4, 5, 6]), (2, [4, 4, 5])] as [(Int?, [Double])])
  func sharedCores(cores: Int?, expected: [Double]) throws {
    let arrivals = Journal<(Int, VirtualTime)>()
    try world(ranks: 6) {
      $0.host.send.picosecondsPerMessage = Self.millisecond
      $0.host.sharedCores = cores
    }.run { process, world in
      if world.rank < 3 {
        try await world.send(Self.message, to: world.rank + 3)
      } else {
        _ = try await world.receive(Size.self, from: world.rank - 3)
        arrivals.add((world.rank, process.now))
      }
    }
    let times = arrivals.entries.sorted { $0.0 < $1.0 }.map(\.1)
    #expect(times == expected.map { VirtualTime(seconds: $0 * 1e-3) })
  }

  @Test("sharing cores never makes a collective faster, and as many cores as ranks hardly slower")
  func collectivesOnSharedCores() throws {
    func end(cores: Int?, _ operation: Int) throws -> VirtualTime {
      let ends = Journal<VirtualTime>()
      try world(ranks: 4) {
        $0.host.send.picosecondsPerMessage = Self.millisecond / 2
        $0.host.receive.picosecondsPerMessage = Self.millisecond / 4
        $0.host.picosecondsPerClearToSend = Self.millisecond / 8
        $0.wire.rendezvousThresholdBytes = 0
        $0.host.sharedCores = cores
      }.run { process, world in
        switch operation {
        case 0: _ = try await world.allReduce(Size(byteCount: 8000))
        case 1: _ = try await world.allGather(Self.message)
        default: try await world.barrier()
        }
        ends.add(process.now)
      }
      return ends.entries.max() ?? .zero
    }
    for operation in 0..<3 {
      let own = try end(cores: nil, operation)
      let shared = try [1, 2, 4].map { try end(cores: $0, operation) }
      #expect(shared[0] > own && shared[0] >= shared[1] && shared[1] >= shared[2] && shared[2] >= own)
      #expect(shared[2].picoseconds - own.picoseconds < own.picoseconds / 4)
    }
  }

  /// The message leaves after 10 ms and is there 3 ms later.
  @Test(
    "a core that has been idle for long has an exit latency",
    arguments: [(0, 13), (5, 16), (20, 13)] as [(Int64, Double)])
  func exitLatency(after: Int64, expected: Double) throws {
    try world(ranks: 2) {
      $0.host.cStateExit = DelayAfter(
        afterPicoseconds: after > 0 ? after * Self.millisecond : .max, picoseconds: 3 * Self.millisecond)
    }.run { process, world in
      if world.rank == 0 {
        process.compute(for: .milliseconds(10))
        try await world.send(Self.message, to: 1)
      } else {
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now == VirtualTime(seconds: expected * 1e-3))
      }
    }
  }

  /// Messages leave after 10 ms and 11 ms and arrive 2 ms later; the core is ready at 17 ms.
  @Test("what arrives while a core leaves its C-state waits for it, too")
  func exitLatencyForSeveral() throws {
    let times = Journal<VirtualTime>()
    try world(ranks: 2) {
      $0.host.cStateExit = DelayAfter(afterPicoseconds: 5 * Self.millisecond, picoseconds: 5 * Self.millisecond)
      $0.host.send.picosecondsPerMessage = Self.millisecond
    }.run { process, world in
      if world.rank == 0 {
        process.compute(for: .milliseconds(9))
        let sends = try (0..<2).map { try world.startSend(Size(byteCount: 0), to: 1, tag: $0, at: SourceLocation()) }
        for send in sends { try await send.wait() }
      } else {
        for tag in 0..<2 {
          _ = try await world.receive(Size.self, from: 0, tag: tag)
          times.add(process.now)
        }
      }
    }
    #expect(times.entries == [VirtualTime(seconds: 0.017), VirtualTime(seconds: 0.017)])
  }

  @Test("a core that computes has no exit latency")
  func computingIsNoRest() throws {
    try world(ranks: 2) { $0.host.cStateExit = DelayAfter(afterPicoseconds: 0, picoseconds: 5 * Self.millisecond) }
      .run { process, world in
        if world.rank == 0 {
          try await world.send(Self.message, to: 1)
        } else {
          process.compute(for: .milliseconds(30))
          _ = try await world.receive(Size.self, from: 0)
          #expect(process.now == VirtualTime(seconds: 0.030))
        }
      }
  }

  /// 1 ms to send the clear-to-send, 2 ms until it arrives, 1 ms to take it up; then 2 ms and 1 ms for the payload.
  @Test("a clear-to-send has processor time at both ends")
  func clearsToSend() throws {
    try world(ranks: 2) {
      $0.wire.rendezvousThresholdBytes = 0
      $0.host.picosecondsPerClearToSend = Self.millisecond
    }.run { process, world in
      if world.rank == 0 {
        try await world.send(Self.message, to: 1)
      } else {
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now == VirtualTime(seconds: 0.007))
      }
    }
  }

  @Test(
    "a call takes longer after its rank has computed for long, and not after it has slept or waited",
    arguments: [(1, 0, 0), (5, 0, 3), (5, 1, 0), (0, 0, 0)] as [(Int, Int, Double)])
  func coldCaches(computed: Int, slept: Int, delay: Double) throws {
    func times(cold: Int64) throws -> [Double] {
      let times = Journal<Double>()
      try world(ranks: 2) {
        $0.host.coldCache.afterPicoseconds = 2 * Self.millisecond
        $0.host.coldCache.picoseconds = cold
      }.run { process, world in
        for _ in 0..<2 {
          process.compute(for: .milliseconds(computed))
          try await process.clock.sleep(for: .milliseconds(slept))
          let start = process.now
          _ = try await world.allReduce(Self.message)
          times.add(start.duration(to: process.now).inSeconds)
        }
      }
      return times.entries
    }
    let warm = try times(cold: 0)
    for (cold, warm) in zip(try times(cold: 3 * Self.millisecond), warm) {
      #expect(abs(cold - warm - delay * 1e-3) < 1e-9)
    }
  }

  @Test("each of a gather's two copies takes its own time")
  func copies() throws {
    func end(perCopy: Int64) throws -> VirtualTime {
      var profile = TransportProfile(name: "copies")
      profile.host.picosecondsPerCopy = perCopy
      let ends = Journal<VirtualTime>()
      try SimulatedWorld.onSwitch(ranks: 2, profile: profile, selector: .gloo).run { process, world in
        _ = try await world.allGather(Self.message)
        ends.add(process.now)
      }
      return ends.entries.max() ?? .zero
    }
    #expect(try end(perCopy: Self.millisecond) == end(perCopy: 0).advanced(byPicoseconds: 2 * Self.millisecond))
  }

  @Test("the shortcut for uncontended collectives keeps out where cores are shared or rest")
  func shortcut() throws {
    for change in [
      { $0.host.sharedCores = 1 }, { $0.host.cStateExit.picoseconds = Self.millisecond },
      { $0.host.coldCache.picoseconds = Self.millisecond },
    ] as [@Sendable (inout TransportProfile) -> Void] {
      let world = try world(ranks: 4) {
        $0.host.send.picosecondsPerMessage = Self.millisecond
        change(&$0)
      }
      world.usesMemoisedTiming = true
      try world.run { _, world in for _ in 0..<3 { _ = try await world.allReduce(Size(byteCount: 16_000)) } }
      #expect(world.uncontendedCounts.shortcuts == 0)
    }
  }
}
