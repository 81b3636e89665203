import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

/// Two messages of 1 MB over paths of 1 MB/s and 2 ms.
@Suite("Messages that share a path")
struct ConnectionSharingTests {
  private let message = Size(byteCount: 1_000_000)

  @Test("leave one after another on one connection")
  func oneConnection() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2)
    try world.run { [message] process, world in
      let location = SourceLocation()
      if world.rank == 0 {
        let works = try (0..<2).map { try world.startSend(message, to: 1, tag: $0, at: location) }
        for work in works { try await work.wait() }
      } else {
        let works = try (0..<2).map { try world.startReceive(Size.self, from: 0, tag: $0, at: location) }
        try await works[0].wait()
        #expect(process.now == VirtualTime(seconds: 1.002))
        try await works[1].wait()
        #expect(process.now == VirtualTime(seconds: 2.002))
      }
    }
  }

  @Test("share the bandwidth when they belong to two groups")
  func twoGroups() throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2)
    try world.run { [message] process, world in
      let other = try await world.subgroup([0, 1], name: "other")
      let location = SourceLocation()
      if world.rank == 0 {
        let works = try [world, other].map { try $0.startSend(message, to: 1, tag: 0, at: location) }
        for work in works {
          try await work.wait()
          #expect(process.now == VirtualTime(seconds: 2.002))
        }
      } else {
        let works = try [world, other].map { try $0.startReceive(Size.self, from: 0, tag: 0, at: location) }
        for work in works {
          try await work.wait()
          #expect(process.now == VirtualTime(seconds: 2.002))
        }
      }
    }
  }

  @Test("share a half-duplex cable in both directions, but not a full-duplex one", arguments: [false, true])
  func duplex(isFullDuplex: Bool) throws {
    let world = try SimulatedWorld.onSwitch(ranks: 2, isFullDuplex: isFullDuplex)
    try world.run { [message] process, world in
      let work = try world.startSend(message, to: 1 - world.rank, tag: 0, at: SourceLocation())
      _ = try await world.receive(Size.self, from: 1 - world.rank)
      try await work.wait()
      #expect(process.now == VirtualTime(seconds: isFullDuplex ? 1.002 : 2.002))
    }
  }
}
