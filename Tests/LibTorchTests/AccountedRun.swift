import LibTorch
import Models
import Synchronization
import Tensors
import Testing
import Uniference

/// A model's run on a simulated cluster in which each rank's operations and memory were written down.
struct AccountedRun {
  let report: SimulationReport
  /// By rank.
  let accounts: [LedgerAccounting.State]

  /// Runs a model on so many devices.
  ///
  /// - Returns: what each rank gave, by rank.
  static func of<Outcome: Sendable>(
    _ count: Int, values: Bool, _ body: @escaping @Sendable (ModelContext) async throws -> Outcome
  ) throws -> (outcomes: [Outcome], run: AccountedRun) {
    let cluster = Cluster(
      name: "test", devices: .jetsonOrinNano, count: count,
      network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(100)))
    let ledgers = (0..<count).map { _ in LedgerAccounting() }
    let library = values ? try Torch.library.get() : nil
    let outcomes = Mutex<[Int: Outcome]>([:])
    let report = try World.simulate(cluster) { rank in
      let ledger = ledgers[rank.index]
      let device: any TensorDevice =
        if let library {
          TorchDevice(library: library, accounting: ledger)
        } else {
          ShapeDevice(accounting: ledger)
        }
      let outcome = try await body(
        ModelContext(device: device, communicator: rank.world, now: { rank.now }))
      outcomes.withLock { $0[rank.index] = outcome }
    }
    let byRank = outcomes.withLock { $0 }
    return (
      (0..<count).compactMap { byRank[$0] }, AccountedRun(report: report, accounts: ledgers.map(\.state))
    )
  }
}

/// Expects the same operations in the same order, the same memory and the same messages, on every rank.
func expectSameRuns(
  _ one: AccountedRun, _ other: AccountedRun, sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  try #require(one.accounts.count == other.accounts.count, sourceLocation: sourceLocation)
  for (rank, (left, right)) in zip(one.accounts, other.accounts).enumerated() {
    #expect(!left.records.isEmpty, sourceLocation: sourceLocation)
    #expect(left.records == right.records, "rank \(rank)", sourceLocation: sourceLocation)
    #expect(left.peakBytes == right.peakBytes, "rank \(rank)", sourceLocation: sourceLocation)
    #expect(left.liveBytes == 0 && right.liveBytes == 0, "rank \(rank)", sourceLocation: sourceLocation)
  }
  // The log holds every message with its size and its time.
  #expect(one.report.event_log_sha256 == other.report.event_log_sha256, sourceLocation: sourceLocation)
  #expect(one.report.messages == other.report.messages, sourceLocation: sourceLocation)
  #expect(one.report.bytes_sent == other.report.bytes_sent, sourceLocation: sourceLocation)
}
