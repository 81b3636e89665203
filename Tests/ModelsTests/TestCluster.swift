import Communication
import Quantities
import Synchronization
import Tensors

@testable import Models

/// Sums up what is charged and how much memory lives. Its clock counts operations, one microsecond each.
final class CountingAccounting: DeviceAccounting {
  struct OutOfMemory: Error, Equatable {
    var label: String
    var chargedOperations: Int
  }

  struct State {
    var flops: [OperationKind: Double] = [:]
    var counts: [OperationKind: Int] = [:]
    var operationCount = 0
    var liveBytes = 0
    var peakBytes = 0
    var allocatedBytes: [String: Int] = [:]
  }

  private let mutex = Mutex(State())
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  var state: State { mutex.withLock { $0 } }

  var measuresKernels: Bool { false }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {
    mutex.withLock {
      $0.flops[operation.kind, default: 0] += operation.cost.flops
      $0.counts[operation.kind, default: 0] += 1
      $0.operationCount += 1
    }
  }

  func allocate(byteCount: Int, label: StaticString) throws {
    try mutex.withLock {
      guard byteCount <= capacity - $0.liveBytes else {
        throw OutOfMemory(label: label.description, chargedOperations: $0.operationCount)
      }
      $0.liveBytes += byteCount
      $0.peakBytes = max($0.peakBytes, $0.liveBytes)
      $0.allocatedBytes[label.description, default: 0] += byteCount
    }
  }

  func release(byteCount: Int, label: StaticString) { mutex.withLock { $0.liveBytes -= byteCount } }
}

/// What a run left behind, by rank.
struct ClusterRun {
  var outcomes: [LlamaOutcome]
  var devices: [CountingAccounting.State]
  var calls: [InProcessWorld.Call]

  func flops(_ kind: OperationKind) -> Double { devices.reduce(0) { $0 + ($1.flops[kind] ?? 0) } }

  func callCount(_ operation: String, rank: Int) -> Int {
    calls.count { $0.operation == operation && $0.worldRank == rank }
  }

  func bytes(_ labels: String..., rank: Int) -> Int {
    labels.reduce(0) { $0 + (devices[rank].allocatedBytes[$1] ?? 0) }
  }

  func weightBytes(rank: Int) -> Int {
    bytes(
      "embedding weights", "attention weights", "feed-forward weights", "norm weights", "output weights", rank: rank)
  }

  /// Runs a program on every rank of a cluster at once.
  static func run(
    _ configuration: LlamaConfiguration, _ strategy: ParallelStrategy, _ workload: LlamaWorkload,
    speeds: [Double], capacity: Int = .max
  ) async throws -> ClusterRun {
    let program = try LlamaProgram(
      configuration: configuration, strategy: strategy, workload: workload, speeds: speeds)
    let world = InProcessWorld(size: speeds.count)
    let accounts = speeds.map { _ in CountingAccounting(capacity: capacity) }
    let outcomes = try await withThrowingTaskGroup(of: (Int, LlamaOutcome).self) { tasks in
      for rank in speeds.indices {
        tasks.addTask {
          let accounting = accounts[rank]
          let context = ModelContext(
            device: ShapeDevice(accounting: accounting), communicator: world.communicator(rank: rank),
            now: { .microseconds(accounting.state.operationCount) })
          return (rank, try await program.run(in: context))
        }
      }
      return try await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    return ClusterRun(
      outcomes: speeds.indices.compactMap { outcomes[$0] }, devices: accounts.map(\.state), calls: world.calls)
  }
}

/// A small model whose sizes are all different.
func tinyConfiguration(
  layers: Int = 4, heads: Int = 8, keyValueHeads: Int = 4, tied: Bool = false, biased: Bool = false
) throws -> LlamaConfiguration {
  try LlamaConfiguration(
    name: "tiny", hiddenSize: 48, intermediateSize: 120, layerCount: layers, headCount: heads,
    keyValueHeadCount: keyValueHeads, headSize: 6, vocabularySize: 331, maximumPositionCount: 256,
    tiesEmbeddings: tied, hasQueryKeyValueBias: biased, hasAttentionOutputBias: biased, hasFeedForwardBias: biased)
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
