import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

/// Latency of a path 2 ms, bandwidth 1 MB/s, and a buffer of 3000 bytes at each sender.
@Suite("Buffers of senders")
struct SendBufferTests {
  private func world(ranks: Int = 2, buffer: Int? = 3000) throws -> SimulatedWorld {
    var profile = TransportProfile(name: "buffered")
    profile.sendBufferBytes = buffer
    return try .onSwitch(ranks: ranks, profile: profile)
  }

  @Test(
    "a send ends when the rest of it fits into the buffer, and arrives when it would without one",
    arguments: [(8000, 0.007, 0.010), (3000, 0.002, 0.005), (1000, 0.002, 0.003)])
  func pointToPoint(byteCount: Int, sent: Double, received: Double) throws {
    try world().run { process, world in
      if world.rank == 0 {
        try await world.send(Size(byteCount: byteCount), to: 1)
        #expect(process.now == VirtualTime(seconds: sent))
      } else {
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now == VirtualTime(seconds: received))
      }
    }
  }

  @Test("a message that waits behind another one is taken when that one has left")
  func queue() throws {
    try world().run { process, world in
      if world.rank == 0 {
        let location = SourceLocation(fileID: #fileID, line: #line)
        let first = try world.startSend(Size(byteCount: 8000), to: 1, tag: 0, at: location)
        let second = try world.startSend(Size(byteCount: 2000), to: 1, tag: 0, at: location)
        try await first.wait()
        #expect(process.now == VirtualTime(seconds: 0.007))
        try await second.wait()
        #expect(process.now == VirtualTime(seconds: 0.010))
      } else {
        for expected in [0.010, 0.012] {
          _ = try await world.receive(Size.self, from: 0)
          #expect(process.now == VirtualTime(seconds: expected))
        }
      }
    }
  }

  @Test("the root of a broadcast is done when the rest fits into its buffer")
  func broadcast() throws {
    let journal = Journal<(Int, VirtualTime)>()
    try world().run { process, world in
      _ = try await world.broadcast(Size(byteCount: 8000), root: 0)
      journal.add((world.rank, process.now))
    }
    let ends = Dictionary(uniqueKeysWithValues: journal.entries)
    #expect(ends == [0: VirtualTime(seconds: 0.007), 1: VirtualTime(seconds: 0.010)])
  }

  @Test("the shortcut for quiet collectives keeps out, and times are the same with it and without")
  func shortcut() throws {
    func times(_ usesShortcut: Bool) throws -> [VirtualTime] {
      let journal = Journal<VirtualTime>()
      let world = try world(ranks: 4)
      world.usesQuietShortcut = usesShortcut
      try world.run { process, world in
        for _ in 0..<3 { _ = try await world.allReduce(Size(byteCount: 16_000)) }
        journal.add(process.now)
      }
      return journal.entries
    }
    #expect(try times(true) == times(false))
  }
}
