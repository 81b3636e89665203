import Communication
import SimulationKernel
import Testing

@testable import Simulation

@Suite("Operations of the communicator")
struct OperationValueTests {
  @Test("bring the right values, whatever the group, sizes, algorithms, transport and topology", arguments: 0..<20)
  func values(block: Int) throws {
    var checked = 0
    for seed in (block * 40)..<(block * 40 + 40) {
      let program = RandomProgram(seed: UInt64(seed))
      let world = try program.makeWorld()
      let journal = Journal<String?>()
      do {
        try world.run { try await program.run($0, $1, journal) }
      } catch {
        Issue.record("seed \(seed): \(error)")
        return
      }
      for problem in journal.entries.compactMap({ $0 }) { Issue.record("seed \(seed): \(problem)") }
      checked += journal.entries.count
      guard journal.entries.allSatisfy({ $0 == nil }) else { return }
    }
    #expect(checked > 400)
  }

  @Test("happen in the same order at the same times, run by run", arguments: 0..<4)
  func determinism(block: Int) throws {
    for seed in (block * 60 + 10_000)..<(block * 60 + 10_060) {
      let first = try story(seed: UInt64(seed))
      let second = try story(seed: UInt64(seed))
      #expect(first == second, "seed \(seed)")
    }
  }

  private func story(seed: UInt64) throws -> [String] {
    let program = RandomProgram(seed: seed)
    let world = try program.makeWorld()
    let storyteller = Storyteller()
    world.observer = storyteller
    try world.run { try await program.run($0, $1, Journal()) }
    return storyteller.story + ["\(world.engine.eventCount) events, end \(world.engine.endTime)"]
  }
}

extension RandomProgram {
  /// One rank's part. An algorithm that does not do uneven blocks, or not in this group, refuses on every member.
  func run(_ process: LogicalProcess, _ world: any Communicator, _ journal: Journal<String?>) async throws {
    var random = RandomStream(seed: seed, stream: UInt64(process.id) + 100)
    var communicators: [Int: any Communicator] = [0: world]
    for (index, members) in groups.enumerated().dropFirst() where members.contains(process.id) {
      communicators[index] = try await world.subgroup(members, name: "group \(index)")
    }
    for batch in batches {
      var waits: [() async throws -> String?] = []
      for step in batch {
        guard let group = communicators[step.group] else { continue }
        if Bool.random(using: &random) { process.compute(for: .microseconds(Int.random(in: 0...2000, using: &random))) }
        do {
          waits.append(
            step.isSinglePrecision
              ? try start(step, in: group, as: Float.self) : try start(step, in: group, as: Double.self))
        } catch CollectiveError.needsEqualBlocks where step.usesCounts {
        } catch CollectiveError.invalidPlan(let algorithm, _)
          where [.hierarchical, .nodeTree, .inSwitchTree].contains(algorithm)
        {
        }
      }
      for wait in waits.shuffled(using: &random) { journal.add(try await wait()) }
    }
  }
}

/// Writes down everything that an observer is told.
private final class Storyteller: RunObserver {
  private(set) var story: [String] = []

  func computed(_ computation: Computation) { story.append("\(computation)") }

  func delivered(_ message: DeliveredMessage) { story.append("\(message)") }
  func ended(_ collective: EndedCollective) { story.append("\(collective)") }
  func marked(rank: Int, name: String, time: VirtualTime) { story.append("\(rank) \(name) \(time.picoseconds)") }
}
