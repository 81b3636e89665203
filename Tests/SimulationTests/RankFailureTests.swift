import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

@Suite("Devices that stop working")
struct RankFailureTests {
  private func world(ranks: Int) throws -> SimulatedWorld {
    SimulatedWorld(
      topology: try .singleSwitch(hosts: ranks, link: Link(bytesPerSecond: 1e6, latency: .milliseconds(1))))
  }

  /// Runs a body on three ranks, of which rank 2 stops working after 100 ms.
  private func errors(
    _ body: @escaping @Sendable (LogicalProcess, any Communicator) async throws -> Void
  ) throws -> [Int: String] {
    let world = try world(ranks: 3)
    let notes = Notes()
    for _ in 0..<3 {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        do {
          try await body(process, communicator)
          notes.add(process.id, "ended at \(process.now)")
        } catch {
          notes.add(process.id, "\(error) (at \(process.now))")
          if process.id == 2 { throw error }
        }
      }
    }
    world.engine.call(at: VirtualTime(seconds: 0.1)) { [unowned world] in world.failRank(2) }
    try world.run()
    return notes.texts
  }

  private let cause = "the device of rank 2 stopped working at virtual time 100 ms"

  @Test("a receive from it throws, and so does its own operation, without failing the run")
  func receive() throws {
    let errors = try errors { process, world in
      if process.id < 2 { _ = try await world.receive(Size.self, from: 2) }
      if process.id == 2 { _ = try await world.receive(Size.self, from: 0, tag: 9) }
    }
    #expect(errors == [0: "\(cause) (at 100 ms)", 1: "\(cause) (at 100 ms)", 2: "\(cause) (at 100 ms)"])
  }

  @Test("a collective under way throws on every member, and so do later ones")
  func collectives() throws {
    let errors = try errors { process, world in
      do {
        _ = try await world.allReduce(Size(byteCount: 1_000_000))
      } catch {
        try await world.barrier()
      }
    }
    #expect(errors == [0: "\(cause) (at 100 ms)", 1: "\(cause) (at 100 ms)", 2: "\(cause) (at 100 ms)"])
  }

  @Test("a message to it is lost, and its sender told")
  func send() throws {
    let errors = try errors { process, world in
      if process.id == 0 { try await world.send(Size(byteCount: 10_000_000), to: 2) }
      if process.id == 2 { _ = try await world.receive(Size.self, from: 0) }
    }
    #expect(errors[0] == "\(cause) (at 100 ms)")
    #expect(errors[1] == "ended at 0 s")
  }

  @Test("what is posted to it later, or expected from it, ends with its failure and not in a deadlock")
  func later() throws {
    let errors = try errors { process, world in
      guard process.id < 2 else { return process.compute(for: .seconds(1)) }
      try await process.clock.sleep(for: .milliseconds(process.id == 0 ? 200 : 300))
      if process.id == 0 { try await world.send(Size(byteCount: 10), to: 2) }
      if process.id == 1 { _ = try await world.receive(Size.self, from: 2) }
    }
    #expect(errors == [0: "\(cause) (at 200 ms)", 1: "\(cause) (at 300 ms)", 2: "ended at 1 s"])
  }

  @Test("a group that is made with it later has failed")
  func laterGroup() throws {
    let errors = try errors { process, world in
      if process.id == 2 { _ = try await world.receive(Size.self, from: 0, tag: 9) }
      guard process.id == 1 else { return }
      try await process.clock.sleep(for: .milliseconds(200))
      let pair = try await world.subgroup([2, 1], name: "pair")
      _ = try await pair.allReduce(Size(byteCount: 10))
    }
    #expect(errors == [0: "ended at 0 s", 1: "\(cause) (at 200 ms)", 2: "\(cause) (at 100 ms)"])
  }

  @Test("what has arrived from it can still be received, also when a processor deals with it meanwhile")
  func arrivedBefore() throws {
    var profile = TransportProfile(name: "slow receiver")
    profile.host.receive.picosecondsPerMessage = 150_000_000_000
    let world = SimulatedWorld(
      topology: try .singleSwitch(hosts: 2, link: Link(bytesPerSecond: 1e6, latency: .milliseconds(1))),
      profile: profile)
    let notes = Notes()
    for _ in 0..<2 {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        if process.id == 1 { return try await communicator.send(Size(byteCount: 1000), to: 0) }
        for _ in 0..<2 {
          do {
            _ = try await communicator.receive(Size.self, from: 1)
            notes.add(0, "received at \(process.now)")
          } catch { notes.add(1, "\(error) (at \(process.now))") }
        }
      }
    }
    world.engine.call(at: VirtualTime(seconds: 0.1)) { [unowned world] in world.failRank(1) }
    try world.run()
    #expect(
      notes.texts == [
        0: "received at 153 ms", 1: "the device of rank 1 stopped working at virtual time 100 ms (at 153 ms)",
      ])
  }

  @Test("a receive from anybody fails when all others have stopped working, and not before")
  func anySource() throws {
    let world = try world(ranks: 3)
    let notes = Notes()
    for _ in 0..<3 {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        guard process.id == 0 else { return process.compute(for: .seconds(1)) }
        do {
          _ = try await communicator.startReceive(Size.self, from: nil, tag: nil, at: SourceLocation()).wait()
        } catch { notes.add(0, "\(error) (at \(process.now))") }
      }
    }
    for (rank, time) in [(2, 0.1), (1, 0.2)] {
      world.engine.call(at: VirtualTime(seconds: time)) { [unowned world] in world.failRank(rank) }
    }
    try world.run()
    #expect(notes.texts == [0: "\(cause) (at 200 ms)"])
  }

  @Test("a deadlock names devices that have stopped working, and links that carry nothing")
  func circumstances() throws {
    let world = try world(ranks: 4)
    world.engine.call(at: VirtualTime(seconds: 0.1)) { [unowned world] in world.failRank(2) }
    world.engine.call(at: VirtualTime(seconds: 0.5)) { [network = world.network] in
      network.setCapacity(bytesPerSecond: 0, of: 0)
    }
    let failure = world.failure { process, world in
      if process.id == 0 {
        process.compute(for: .seconds(1))
        try await world.send(Size(byteCount: 10), to: 1)
      }
      if process.id == 1 { _ = try await world.receive(Size.self, from: 0) }
      if process.id == 3 {
        _ = try await world.startReceive(Size.self, from: nil, tag: nil, at: SourceLocation()).wait()
      }
    }
    guard case .deadlock(let report) = failure else { return #expect(Bool(false), "\(String(describing: failure))") }
    #expect(
      report.circumstances == [
        "link host0->switch has carried nothing since 500 ms, and messages wait on it", cause,
      ])
    #expect(report.description.hasSuffix("wait on it\n  \(cause)"))
  }

  @Test("bytes of a collective that was timed at once count only as far as they have moved")
  func movedBytes() throws {
    func account(_ usesShortcut: Bool, isInterrupted: Bool) throws -> [Int] {
      let world = try world(ranks: 3)
      world.usesMemoisedTiming = usesShortcut
      let account = world.countTraffic()
      for _ in 0..<3 {
        world.spawn(context: { ($0, $1) }) { _, communicator in
          _ = try? await communicator.allReduce(Size(byteCount: 300_000))
        }
      }
      world.engine.call(at: VirtualTime(seconds: 0.25)) { [unowned world] in
        if isInterrupted { world.engine.interrupt() } else { world.failRank(2) }
      }
      try? world.run()
      #expect(world.uncontendedCounts.shortcuts == (usesShortcut ? 1 : 0))
      return account.sentBytes + account.receivedBytes
    }
    for isInterrupted in [false, true] {
      #expect(try account(true, isInterrupted: isInterrupted) == account(false, isInterrupted: isInterrupted))
    }
    #expect(try account(true, isInterrupted: true) == [200_000, 200_000, 200_000, 200_000, 200_000, 200_000])
  }

  @Test("a collective that was timed at once stays failed when other messages come")
  func staysFailed() throws {
    let world = try world(ranks: 3)
    world.usesMemoisedTiming = true
    let notes = Notes()
    for _ in 0..<3 {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        do {
          _ = try await communicator.allReduce(Size(byteCount: 3_000_000))
        } catch { notes.add(process.id, "\(error)") }
        guard process.id < 2 else { return }
        if process.id == 0 { try await communicator.send(Size(byteCount: 1_000_000), to: 1) }
        if process.id == 1 { _ = try await communicator.receive(Size.self, from: 0) }
        let pair = try await communicator.subgroup([0, 1], name: "pair")
        for _ in 0..<3 { _ = try await pair.allReduce(Size(byteCount: 1000)) }
        notes.add(process.id + 10, "went on")
      }
    }
    world.engine.call(at: VirtualTime(seconds: 0.1)) { [unowned world] in world.failRank(2) }
    try world.run()
    #expect(notes.texts == [0: cause, 1: cause, 2: cause, 10: "went on", 11: "went on"])
  }

  @Test("ranks that have nothing to do with it go on")
  func others() throws {
    let errors = try errors { process, world in
      guard process.id < 2 else { return process.compute(for: .seconds(1)) }
      let pair = try await world.subgroup([0, 1], name: "pair")
      for _ in 0..<3 { _ = try await pair.allReduce(Size(byteCount: 100_000)) }
    }
    #expect(errors[0] == "ended at 312 ms")
    #expect(errors[1] == "ended at 312 ms")
  }

  /// Runs a body on a line of four or a star around rank 0, of which one rank stops working after 100 ms.
  private func errors(
    _ topology: Topology, failing rank: Int, profile: TransportProfile = .ideal, usesShortcut: Bool = false,
    _ body: @escaping @Sendable (LogicalProcess, any Communicator) async throws -> Void
  ) throws -> [Int: String] {
    let world = SimulatedWorld(topology: topology, profile: profile)
    world.usesMemoisedTiming = usesShortcut
    let notes = Notes()
    for _ in 0..<topology.hostCount {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        do {
          try await body(process, communicator)
          notes.add(process.id, "ended at \(process.now)")
        } catch { notes.add(process.id, "\(error) (at \(process.now))") }
      }
    }
    world.engine.call(at: VirtualTime(seconds: 0.1)) { [unowned world] in world.failRank(rank) }
    try world.run()
    return notes.texts
  }

  private static let link = Link(bytesPerSecond: 1e6, latency: .milliseconds(1))

  @Test(
    "messages that a device would relay are lost with it, and whoever waits for them is told", arguments: [false, true])
  func relays(isRendezvous: Bool) throws {
    var profile = TransportProfile.ideal
    if isRendezvous { profile.wire.rendezvousThresholdBytes = 0 }
    let errors = try errors(.line(hosts: 4, link: Self.link), failing: 1, profile: profile) { process, world in
      switch process.id {
      case 0: try await world.send(Size(byteCount: 1_000_000), to: 2)
      case 2: _ = try await world.receive(Size.self, from: 0)
      case 3:
        try await process.clock.sleep(for: .milliseconds(200))
        try await world.send(Size(byteCount: 10), to: 0)
      default: try await process.clock.sleep(for: .seconds(1))
      }
    }
    let cause = "the device of rank 1 stopped working at virtual time 100 ms"
    for (rank, time) in [(0, 100), (2, 100), (3, 200)] { #expect(errors[rank] == "\(cause) (at \(time) ms)") }
  }

  @Test("a collective whose messages it would relay fails, others go on", arguments: [false, true])
  func relayedCollectives(usesShortcut: Bool) throws {
    let line = try Topology.line(hosts: 4, link: Self.link)
    let errors = try errors(line, failing: 1, usesShortcut: usesShortcut) { process, world in
      guard process.id != 1 else { return try await process.clock.sleep(for: .seconds(1)) }
      if process.id < 3 {
        let pair = try await world.subgroup([0, 2], name: "across")
        let first = try? await pair.allReduce(Size(byteCount: 1_000_000))
        #expect(first == nil)
        if process.id == 0 { _ = try await pair.allReduce(Size(byteCount: 10)) }
      }
      guard process.id > 1 else { return }
      let neighbours = try await world.subgroup([2, 3], name: "beside")
      for _ in 0..<2 { _ = try await neighbours.allReduce(Size(byteCount: 1000)) }
    }
    #expect(errors[0] == "the device of rank 1 stopped working at virtual time 100 ms (at 100 ms)")
    for rank in [2, 3] { #expect(errors[rank]?.hasPrefix("ended at 10") == true, "\(errors[rank] ?? "")") }
  }

  @Test("a star ends with its middle and not with another device", arguments: [0, 1])
  func star(failing: Int) throws {
    let errors = try errors(.star(hosts: 4, link: Self.link), failing: failing) { process, world in
      if process.id == 2 { try await world.send(Size(byteCount: 1_000_000), to: 3) }
      if process.id == 3 { _ = try await world.receive(Size.self, from: 2) }
    }
    let cause = "the device of rank 0 stopped working at virtual time 100 ms"
    let end = failing == 0 ? "\(cause) (at 100 ms)" : "ended at 1.002 s"
    #expect(errors[2] == end && errors[3] == end)
  }

  /// The receive has chosen rank 2's message, which is lost; rank 1's, which comes later, waits for leave as well.
  @Test(
    "a receive from anybody takes another message when the one that it has chosen is lost", arguments: [10, 1_000_000])
  func anotherMessage(byteCount: Int) throws {
    var profile = TransportProfile.ideal
    profile.wire.rendezvousThresholdBytes = 1000
    let topology = try Topology.singleSwitch(hosts: 3, link: Link(bytesPerSecond: 1e6, latency: .milliseconds(90)))
    let errors = try errors(topology, failing: 2, profile: profile) { process, world in
      switch process.id {
      case 0:
        let received = try await world.startReceive(Size.self, from: nil, tag: nil, at: SourceLocation()).wait()
        #expect(received.source == 1)
      case 1:
        try await process.clock.sleep(for: .milliseconds(500))
        try await world.send(Size(byteCount: 100_000), to: 0)
      default: try await world.send(Size(byteCount: byteCount), to: 0)
      }
    }
    #expect(errors[0] == "ended at 960 ms" && errors[1] == "ended at 960 ms")
  }

  @Test("collectives that were timed at once end with it too")
  func uncontendedCollectives() throws {
    let world = try world(ranks: 3)
    world.usesMemoisedTiming = true
    let notes = Notes()
    for _ in 0..<3 {
      world.spawn(context: { ($0, $1) }) { process, communicator in
        do {
          _ = try await communicator.allReduce(Size(byteCount: 3_000_000))
        } catch {
          notes.add(process.id, "\(error)")
        }
      }
    }
    world.engine.call(at: VirtualTime(seconds: 0.1)) { [unowned world] in world.failRank(2) }

    try world.run()

    #expect(world.uncontendedCounts.shortcuts == 1)
    #expect(notes.texts == [0: cause, 1: cause, 2: cause])
  }
}

/// What ranks have to say; used on the engine's thread only.
private final class Notes: @unchecked Sendable {
  private(set) var texts: [Int: String] = [:]
  func add(_ rank: Int, _ text: String) { texts[rank] = text }
}
