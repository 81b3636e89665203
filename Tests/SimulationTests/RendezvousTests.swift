import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

/// Payloads leave once the receiver's clear-to-send is there. Latency of a path 2 ms, bandwidth 1 MB/s; a clear-to-send has no bytes,
/// so it takes 2 ms; a payload of 8000 bytes takes 10 ms.
@Suite("Rendezvous")
struct RendezvousTests {
  private let message = Size(byteCount: 8000)

  private func world(ranks: Int = 2, threshold: Int = 0) throws -> SimulatedWorld {
    var profile = TransportProfile(name: "rendezvous")
    profile.wire.rendezvousThresholdBytes = threshold
    return try .onSwitch(ranks: ranks, profile: profile)
  }

  @Test("a payload leaves one latency after a late receive is posted")
  func lateReceiver() throws {
    try world().run { [message] process, world in
      if world.rank == 0 {
        try await world.send(message, to: 1)
      } else {
        process.compute(for: .seconds(1))
        _ = try await world.receive(Size.self, from: 0)
      }
      #expect(process.now == VirtualTime(seconds: 1.012))
    }
  }

  @Test("a payload whose receiver has waited for it leaves at once")
  func lateSender() throws {
    try world().run { [message] process, world in
      if world.rank == 0 {
        process.compute(for: .seconds(1))
        try await world.send(message, to: 1)
      } else {
        _ = try await world.receive(Size.self, from: 0)
      }
      #expect(process.now == VirtualTime(seconds: 1.010))
    }
  }

  @Test("a clear-to-send has its bytes")
  func clearToSendBytes() throws {
    var profile = TransportProfile(name: "rendezvous")
    profile.wire.rendezvousThresholdBytes = 0
    profile.wire.clearToSendBytes = 1000
    try SimulatedWorld.onSwitch(ranks: 2, profile: profile).run { [message] process, world in
      if world.rank == 0 { try await world.send(message, to: 1) }
      if world.rank == 1 { _ = try await world.receive(Size.self, from: 0) }
      #expect(process.now == VirtualTime(seconds: 0.013))
    }
  }

  @Test("payloads below the threshold do not wait, and leave nothing behind that lets later ones go early")
  func threshold() throws {
    try world(threshold: 5000).run { [message] process, world in
      let small = Size(byteCount: 1000)
      if world.rank == 0 {
        try await world.send(small, to: 1)
        #expect(process.now == VirtualTime(seconds: 0.003))
        process.compute(for: .milliseconds(100))
        try await world.send(message, to: 1)
      } else {
        process.compute(for: .milliseconds(50))
        _ = try await world.receive(Size.self, from: 0)
        #expect(process.now == VirtualTime(seconds: 0.050))
        process.compute(for: .seconds(1))
        _ = try await world.receive(Size.self, from: 0)
      }
      #expect(process.now == VirtualTime(seconds: 1.062))
    }
  }

  @Test("two receives from anybody let two different senders go")
  func wildcards() throws {
    try world(ranks: 3).run { [message] process, world in
      guard world.rank == 0 else { return try await world.send(message, to: 0, tag: world.rank) }
      process.compute(for: .seconds(1))
      let works = try (0..<2).map { _ in try world.startReceive(Size.self, from: nil, tag: nil, at: SourceLocation()) }
      var sources: Set<Int> = []
      for work in works { sources.insert(try await work.wait().source) }
      #expect(sources == [1, 2])
      #expect(process.now == VirtualTime(seconds: 1.020))
    }
  }

  @Test("a receive from anybody takes the send posted first in virtual time")
  func wildcardOrder() throws {
    try world(ranks: 3).run { [message] process, world in
      process.compute(for: .milliseconds([1000, 5000, 2000][world.rank]))
      guard world.rank == 0 else { return try await world.send(message, to: 0, tag: world.rank) }
      let first = try await world.startReceive(Size.self, from: nil, tag: nil, at: SourceLocation()).wait()
      #expect(first.source == 2)
      #expect(process.now == VirtualTime(seconds: 2.012))
      let second = try await world.startReceive(Size.self, from: nil, tag: nil, at: SourceLocation()).wait()
      #expect(second.source == 1)
      #expect(process.now == VirtualTime(seconds: 5.012))
    }
  }
}
