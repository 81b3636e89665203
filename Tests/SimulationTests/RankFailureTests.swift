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

  @Test("collectives that were timed at once end with it too")
  func quietCollectives() throws {
    let world = try world(ranks: 3)
    world.usesQuietShortcut = true
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

    #expect(world.quietCounts.shortcuts == 1)
    #expect(notes.texts == [0: cause, 1: cause, 2: cause])
  }
}

/// What ranks have to say; used on the engine's thread only.
private final class Notes: @unchecked Sendable {
  private(set) var texts: [Int: String] = [:]
  func add(_ rank: Int, _ text: String) { texts[rank] = text }
}
