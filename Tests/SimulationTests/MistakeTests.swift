import Communication
import Network
import SimulationKernel
import Testing

@testable import Simulation

@Suite("What programs do wrong")
struct MistakeTests {
  private func failure(
    ranks: Int = 3, _ body: @escaping @Sendable (LogicalProcess, any Communicator) async throws -> Void
  ) throws -> SimulationFailure? {
    try SimulatedWorld.onSwitch(ranks: ranks).failure(body)
  }

  private func error(
    ranks: Int = 3, _ body: @escaping @Sendable (any Communicator) async throws -> Void
  ) throws -> String {
    guard case .processFailed(let report)? = try failure(ranks: ranks, { try await body($1) }) else {
      return "no error"
    }
    return "\(report.error)"
  }

  @Test("different collectives are named with their places and the rank")
  func mismatch() throws {
    let text = try error { world in
      if world.rank == 1 {
        _ = try await world.allReduce(Size(byteCount: 8), fileID: "A/First.swift", line: 10)
      } else {
        _ = try await world.broadcast(Size(byteCount: 8), root: 2, fileID: "A/Second.swift", line: 20)
      }
    }
    #expect(
      text == """
        collective 0 of group world differs between its members: rank 1 called allReduce(sum) of 8 bytes of byte at \
        A/First.swift:10, but rank 0 called broadcast with root 2 of 8 bytes of byte at A/Second.swift:20; all \
        members must call the same collectives in the same order
        """)
  }

  @Test("collectives differ by size, reduction, root and element type too")
  func disagreements() throws {
    let bodies: [@Sendable (any Communicator) async throws -> Void] = [
      { _ = try await $0.allReduce(Size(byteCount: 8 + $0.rank)) },
      { _ = try await $0.allReduce(Size(byteCount: 8), $0.rank == 2 ? .maximum : .sum) },
      { _ = try await $0.reduce(Size(byteCount: 8), root: $0.rank) },
      { world in
        if world.rank == 0 {
          _ = try await world.allReduce(Values<Float>([1, 2]))
        } else {
          _ = try await world.allReduce(Values<Double>([1]))
        }
      },
    ]
    for body in bodies {
      let text = try error(body)
      #expect(text.hasPrefix("collective 0 of group world differs between its members: rank "), "\(text)")
    }
  }

  @Test("a collective that somebody never calls is a deadlock that says who")
  func missingMember() throws {
    let failure = try failure { process, world in
      if process.id == 2 { return try await world.barrier(fileID: "A/Early.swift", line: 2) }
      if process.id == 1 { _ = try await world.receive(Size.self, from: 2, tag: 4, fileID: "A/Late.swift", line: 3) }
      try await world.barrier(fileID: "A/Early.swift", line: 5)
    }
    guard case .deadlock(let report)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(
      report.entries.map(\.wait.operation) == [
        "barrier of group world; 1 of 3 have not called it", "receive from 2, tag 4, group world",
        "barrier of group world; 1 of 3 have not called it",
      ])
    #expect(report.entries.map { "\($0.location!)" } == ["A/Early.swift:5", "A/Late.swift:3", "A/Early.swift:2"])
    #expect(report.entries[0].wait.waitsOn == [1])
    #expect(report.cycle == ["rank 1", "rank 2"])
  }

  @Test("a receive that nobody sends to is a deadlock")
  func unsentMessage() throws {
    let failure = try failure(ranks: 2) { process, world in
      if process.id == 0 { _ = try await world.receive(Size.self, from: nil, tag: nil) }
    }
    guard case .deadlock(let report)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(report.entries.map(\.wait.operation) == ["receive from any source, any tag, group world"])
    #expect(report.entries[0].wait.waitsOn == [1])
  }

  @Test("a rank that throws ends the others' all-reduce, and is the one named")
  func throwingRank() throws {
    struct Broken: Error {}
    let cancelled = Journal<Int>()
    let failure = try failure(ranks: 4) { process, world in
      if process.id == 3 {
        process.compute(for: .milliseconds(5))
        throw Broken()
      }
      do {
        _ = try await world.allReduce(Size(byteCount: 1_000_000))
      } catch is CancellationError {
        cancelled.add(process.id)
      }
    }
    guard case .processFailed(let report)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(report.name == "rank 3" && report.error is Broken && report.time == VirtualTime(seconds: 0.005))
    #expect(Set(cancelled.entries) == [0, 1, 2])
  }

  @Test(
    "ranks, roots and counts that cannot be are refused",
    arguments: zip(
      [
        { try await $0.send(Size(byteCount: 1), to: 3, fileID: "A/B.swift", line: 1) },
        { _ = try await $0.receive(Size.self, from: -1, fileID: "A/B.swift", line: 1) },
        { _ = try await $0.broadcast(Size(byteCount: 1), root: 7, fileID: "A/B.swift", line: 1) },
        { _ = try await $0.reduceScatter(Size(byteCount: 7), fileID: "A/B.swift", line: 1) },
        { _ = try await $0.reduceScatter(Size(byteCount: 7), counts: [1, 2, 3], fileID: "A/B.swift", line: 1) },
        { _ = try await $0.allGather(Size(byteCount: 7), counts: [7, 7], fileID: "A/B.swift", line: 1) },
        { _ = try await $0.allToAll([Size(byteCount: 7)], fileID: "A/B.swift", line: 1) },
        { _ = try await $0.subgroup([1, 2], name: "part", fileID: "A/B.swift", line: 1) },
        { _ = try await $0.subgroup([0, 0, 1], name: "part", fileID: "A/B.swift", line: 1) },
        { _ = try await $0.scatter(nil, like: Size(byteCount: 1), root: 0, fileID: "A/B.swift", line: 1) },
      ] as [@Sendable (any Communicator) async throws -> Void],
      [
        "send at A/B.swift:1: rank 3 is not in group world, whose ranks are 0 to 2",
        "receive at A/B.swift:1: rank -1 is not in group world, whose ranks are 0 to 2",
        "broadcast at A/B.swift:1: rank 7 is not in group world, whose ranks are 0 to 2",
        "reduceScatter at A/B.swift:1: 7 elements cannot be split evenly: 7 % 3 = 1, must be 0; or pass counts",
        "reduceScatter at A/B.swift:1: counts [1, 2, 3] must be 3 numbers whose sum is the payload's 7 elements",
        "allGather at A/B.swift:1: counts [7, 7] must have 3 entries, and entry 0 must be the 7 elements passed",
        "allToAll at A/B.swift:1: there must be one payload (and one count) for each rank",
        "subgroup at A/B.swift:1: rank 0 is not among its members [1, 2]; only members call it",
        "subgroup at A/B.swift:1: its members [0, 0, 1] must differ from each other",
        "scatter at A/B.swift:1: the root passes 3 payloads, one for each rank, and the others none",
      ]))
  func refusals(_ body: @escaping @Sendable (any Communicator) async throws -> Void, message: String) throws {
    let text = try error { if $0.rank == 0 { try await body($0) } }
    #expect(text == message)
  }
}
