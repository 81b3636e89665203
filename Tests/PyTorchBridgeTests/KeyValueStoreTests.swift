import Inputs
import SimulationKernel
import Testing

@testable import PyTorchBridge

/// Both Testing and Diagnostics have a `SourceLocation`.
private let here = Inputs.SourceLocation()

@Suite struct KeyValueStoreTests {
  @Test("who waits for a key goes on when it is set")
  func whoWaitsForAKeyGoesOnWhenItIsSet() throws {
    let engine = Engine()
    let store = KeyValueStore()
    let times = TimeLog()
    engine.spawn { process in
      process.compute(picoseconds: 500)
      try await process.synchronize(at: here)
      store.set([1], for: "a", in: "x", by: process)
    }
    engine.spawn { process in
      try await process.suspend(
        on: store.wait(for: ["a"], in: "x", of: process), at: here)
      times.add(process.now.picoseconds)
    }
    try engine.run()
    #expect(times.all == [500])
  }

  @Test("a key that nobody sets is a deadlock that names it")
  func aKeyThatNobodySetsIsADeadlockThatNamesIt() throws {
    let engine = Engine()
    let store = KeyValueStore()
    engine.spawn { process in
      _ = try await process.suspend(
        on: store.wait(for: ["left", "right"], in: "x", of: process), at: here)
    }
    #expect {
      try engine.run()
    } throws: { error in
      "\(error)".contains("wait for the store's key \"left\", \"right\"")
    }
  }

  @Test("adding starts at zero and namespaces are apart")
  func addingStartsAtZeroAndNamespacesAreApart() throws {
    let engine = Engine()
    let store = KeyValueStore()
    let process = engine.spawn { _ in }
    #expect(store.add(3, to: "n", in: "x", by: process) == 3)
    #expect(store.add(-1, to: "n", in: "x", by: process) == 2)
    #expect(store.add(1, to: "n", in: "y", by: process) == 1)
    #expect(store.value(of: "n", in: "x") == Array("2".utf8))
    #expect(store.remove("n", in: "x"))
    #expect(!store.remove("n", in: "x"))
    #expect(store.keys(in: "y") == ["n"])
    try engine.run()
  }
}

/// Times that processes note.
///
/// Sendable without checks because processes run one at a time on one thread.
private final class TimeLog: @unchecked Sendable {
  private(set) var all: [Int64] = []

  func add(_ time: Int64) { all.append(time) }
}
