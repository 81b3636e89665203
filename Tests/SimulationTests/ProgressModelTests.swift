import Communication
import Hosts
import SimulationKernel
import Testing

@testable import Simulation

/// Latency of a path 2 ms, bandwidth 1 MB/s. Rank 0 starts something and computes for 50 ms; rank 1 waits from the
/// beginning. Whether the wire is busy meanwhile depends on the progress model.
@Suite("Hosts whose processor computes")
struct ProgressModelTests {
  private let message = Size(byteCount: 8000)
  private static let computing = Duration.milliseconds(50)

  private func world(_ progress: ProgressModel, ranks: Int = 2, isRendezvous: Bool = true) throws -> SimulatedWorld {
    var profile = TransportProfile(name: "weak")
    profile.wire.rendezvousThresholdBytes = isRendezvous ? 0 : nil
    profile.host.progress = progress
    return try .onSwitch(ranks: ranks, profile: profile)
  }

  /// When rank 1 has what rank 0 sends while it computes. The clear-to-send is there after 2 ms, the payload takes 10 ms.
  @Test(
    "a payload whose clear-to-send finds its sender computing leaves when progress is made",
    arguments: [
      (ProgressModel.strong, 0.012), (.delayed(picoseconds: 4_000_000_000), 0.016),
      (.delayed(picoseconds: 60_000_000_000), 0.060), (.weak, 0.060),
    ])
  func pointToPoint(progress: ProgressModel, expected: Double) throws {
    try world(progress).run { [message] process, world in
      if world.rank == 0 {
        let send = try world.startSend(message, to: 1, tag: 0, at: SourceLocation(fileID: #fileID, line: #line))
        process.compute(for: Self.computing)
        try await send.wait()
      } else {
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now == VirtualTime(seconds: expected))
      }
    }
  }

  @Test("a rank that sleeps leaves its processor to the library")
  func sleeping() throws {
    try world(.weak).run { [message] process, world in
      if world.rank == 0 {
        let send = try world.startSend(message, to: 1, tag: 0, at: SourceLocation(fileID: #fileID, line: #line))
        try await process.clock.sleep(for: Self.computing)
        try await send.wait()
      } else {
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now == VirtualTime(seconds: 0.012))
      }
    }
  }

  @Test("a rank that does not have to wait when it could goes on computing")
  func completedWait() throws {
    try world(.weak).run { [message] process, world in
      if world.rank == 0 {
        let done = try world.startSend(
          Size(byteCount: 0), to: 0, tag: 1,
          at: SourceLocation(fileID: #fileID, line: #line))
        _ = try await world.receive(Size.self, from: 0, tag: 1)
        let send = try world.startSend(message, to: 1, tag: 0, at: SourceLocation(fileID: #fileID, line: #line))
        process.compute(for: .milliseconds(20))
        try await done.wait()
        process.compute(for: .milliseconds(30))
        try await send.wait()
      } else {
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now >= VirtualTime(seconds: 0.060))
      }
    }
  }

  /// Ring: each half of 8000 bytes crosses once to be added and once to be spread, (2 + 4) ms each.
  @Test(
    "a collective started before computing begins when progress is made",
    arguments: [(ProgressModel.strong, 0.012), (.weak, 0.062)])
  func collective(progress: ProgressModel, expected: Double) throws {
    try world(progress, isRendezvous: false).run { [message] process, world in
      let work = try world.startAllReduce(message, .sum, at: SourceLocation(fileID: #fileID, line: #line))
      if world.rank == 0 { process.compute(for: Self.computing) }
      _ = try await work.wait()
      #expect(process.now == VirtualTime(seconds: world.rank == 0 ? max(expected, 0.050) : expected))
    }
  }

  @Test("the shortcut for uncontended collectives keeps out where messages wait for processors")
  func shortcut() throws {
    func times(_ usesShortcut: Bool) throws -> [VirtualTime] {
      let journal = Journal<VirtualTime>()
      let world = try world(.weak, ranks: 4)
      world.usesMemoisedTiming = usesShortcut
      try world.run { [message] process, world in
        for round in 0..<5 {
          let work = try world.startAllReduce(message, .sum, at: SourceLocation(fileID: #fileID, line: #line))
          process.compute(for: .milliseconds((world.rank + round) % 4 * 7))
          _ = try await work.wait()
          journal.add(process.now)
        }
      }
      return journal.entries
    }
    #expect(try times(true) == times(false))
  }
}
