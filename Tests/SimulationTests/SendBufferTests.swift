import Communication
import Network
import SimulationKernel
import TestSupport
import Testing

@testable import Simulation

/// Latency of a path 2 ms, bandwidth 1 MB/s, and a buffer of 3000 bytes at each sender.
@Suite("Buffers of senders")
struct SendBufferTests {
  private func world(ranks: Int = 2, buffer: Int? = 3000) throws -> SimulatedWorld {
    var profile = TransportProfile(name: "buffered")
    profile.wire.sendBufferBytes = buffer
    return try .onSwitch(ranks: ranks, profile: profile)
  }

  /// A buffer keeps what has not arrived, so the rest of the first message fits into it when 5000 bytes have.
  @Test(
    "a send ends when the rest of it fits into the buffer, at once where all does, and arrives when it would without one",
    arguments: [(8000, 0.007, 0.010), (3000, 0, 0.005), (1000, 0, 0.003), (0, 0, 0.002)])
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

  @Test("a message behind another one is taken when both fit into the buffer, as far as the first one has not arrived")
  func queue() throws {
    try world().run { process, world in
      if world.rank == 0 {
        let location = SourceLocation(fileID: #fileID, line: #line)
        let first = try world.startSend(Size(byteCount: 8000), to: 1, tag: 0, at: location)
        let second = try world.startSend(Size(byteCount: 2000), to: 1, tag: 0, at: location)
        try await first.wait()
        #expect(process.now == VirtualTime(seconds: 0.007))
        try await second.wait()
        #expect(process.now == VirtualTime(seconds: 0.009))
      } else {
        for expected in [0.010, 0.012] {
          _ = try await world.receive(Size.self, from: 0)
          #expect(process.now == VirtualTime(seconds: expected))
        }
      }
    }
  }

  /// Three fit at once. Each of the others is taken when 1000 bytes more have arrived.
  @Test("messages are taken one after another as the buffer empties, whatever the latency", arguments: [1, 2, 100])
  func manyMessages(latency: Int) throws {
    var profile = TransportProfile(name: "buffered")
    profile.wire.sendBufferBytes = 3000
    let world = try SimulatedWorld.onSwitch(ranks: 2, alpha: .milliseconds(latency), profile: profile)
    try world.run { process, world in
      guard world.rank == 0 else {
        for _ in 0..<6 { _ = try await world.receive(Size.self, from: 0) }
        return
      }
      let location = SourceLocation(fileID: #fileID, line: #line)
      process.compute(for: .milliseconds(5))
      let sends = try (0..<6).map { _ in
        try world.startSend(Size(byteCount: 1000), to: 1, tag: 0, at: location)
      }
      for (send, arrivals) in zip(sends, [0, 0, 0, 1, 2, 3]) {
        try await send.wait()
        let end = arrivals == 0 ? 5 : 5 + latency + arrivals
        #expect(process.now == VirtualTime(picoseconds: Int64(end) * 1_000_000_000))
      }
    }
  }

  @Test("random messages are taken when a buffer that is filled and emptied by hand takes them", arguments: 0..<40)
  func agreesWithABufferByHand(block: Int) throws {
    for seed in Mutations.seeds(ofBlock: block, each: 10) {
      var random = RandomStream(seed: seed)
      let buffer = Int.random(in: 1...5000, using: &random)
      let latency = Double(Int.random(in: 0...3, using: &random)) * 1e-3
      var clock = 0.0
      let messages = (0..<Int.random(in: 1...8, using: &random)).map { _ in
        clock += Bool.random(using: &random) ? 0 : Double(Int.random(in: 0...4000, using: &random)) * 1e-6
        return (bytes: Int.random(in: 0...4000, using: &random), posted: clock)
      }
      var profile = TransportProfile(name: "buffered")
      profile.wire.sendBufferBytes = buffer
      let world = try SimulatedWorld.onSwitch(ranks: 2, alpha: .seconds(latency), profile: profile)
      let journal = Journal<Double>()
      try world.run { process, world in
        let location = SourceLocation(fileID: #fileID, line: #line)
        guard world.rank == 0 else {
          for _ in messages { _ = try await world.receive(Size.self, from: 0) }
          return
        }
        var sends: [Work<Void>] = []
        for message in messages {
          process.compute(
            picoseconds: max(0, VirtualTime(seconds: message.posted).picoseconds - process.now.picoseconds))
          sends.append(try world.startSend(Size(byteCount: message.bytes), to: 1, tag: 0, at: location))
        }
        // Waiting moves a clock to the end of what is waited for, unless it is later already.
        for send in sends {
          try await send.wait()
          journal.add(process.now.seconds)
        }
      }
      let expected = takingTimes(of: messages, buffer: Double(buffer), latency: latency)
      var latest = clock
      for (number, (measured, taken)) in zip(journal.entries, expected).enumerated() {
        latest = max(latest, taken)
        #expect(abs(measured - latest) < 2e-9, "seed \(seed), message \(number): \(measured), expected \(latest)")
      }
    }
  }

  /// Bytes of one connection arrive one after another at 1 MB/s, each no earlier than the latency after its message was
  /// posted. A message is taken when all but what fits into the buffer has arrived of what was posted up to it.
  private func takingTimes(
    of messages: [(bytes: Int, posted: Double)], buffer: Double, latency: Double
  ) -> [Double] {
    var free = 0.0
    var pieces: [(from: Double, to: Double, begin: Double)] = []
    var position = 0.0
    return messages.map { message in
      let begin = max(free, message.posted + latency)
      pieces.append((position, position + Double(message.bytes), begin))
      free = begin + Double(message.bytes) * 1e-6
      position += Double(message.bytes)
      let target = position - buffer
      guard target > 0, let piece = pieces.first(where: { target <= $0.to }) else { return message.posted }
      return max(message.posted, piece.begin + max(0, target - piece.from) * 1e-6)
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

  @Test("the shortcut for uncontended collectives keeps out, and times are the same with it and without")
  func shortcut() throws {
    func times(_ usesShortcut: Bool) throws -> [VirtualTime] {
      let journal = Journal<VirtualTime>()
      let world = try world(ranks: 4)
      world.usesMemoisedTiming = usesShortcut
      try world.run { process, world in
        for _ in 0..<3 { _ = try await world.allReduce(Size(byteCount: 16_000)) }
        journal.add(process.now)
      }
      return journal.entries
    }
    #expect(try times(true) == times(false))
  }
}
