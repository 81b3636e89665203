import Communication
import Quantities
import Uniference

/// A micro-benchmark of one collective, as nccl-tests and gloo's benchmark measure it: every rank calls it once, at the
/// same time, and the time is that until all ranks have it.
public struct CollectiveBenchmark: Sendable {
  /// The collectives that benchmarks measure.
  public enum Operation: String, CaseIterable, Hashable, Sendable {
    case allReduce = "all_reduce"
    case allGather = "all_gather"
    case reduceScatter = "reduce_scatter"
    case allToAll = "all_to_all"
    case broadcast
    case reduce
  }

  /// Which collective.
  public var operation: Operation
  /// The larger one of a rank's two buffers, as nccl-tests counts sizes: what a rank sends in a reduce-scatter and
  /// receives in an all-gather.
  public var size: DataSize
  /// The type of the elements.
  public var elementType: ElementType
  /// Where it runs.
  public var cluster: Cluster
  /// How many of the cluster's devices take part, from the first one on.
  public var rankCount: Int

  /// A benchmark; it is checked when it is read from a case.
  public init(
    operation: Operation, size: DataSize, elementType: ElementType, cluster: Cluster, rankCount: Int? = nil
  ) {
    self.operation = operation
    self.size = size
    self.elementType = elementType
    self.cluster = cluster
    self.rankCount = rankCount ?? cluster.devices.count
  }

  /// What a rank's two buffers must be multiples of.
  var granularity: Int {
    switch operation {
    case .allReduce, .broadcast, .reduce: elementType.byteCount
    case .allGather, .reduceScatter, .allToAll: elementType.byteCount * rankCount
    }
  }

  /// Runs the benchmark.
  ///
  /// - Returns: seconds of virtual time until the last rank has ended.
  /// - Throws: `RunFailure`; what is wrong with the cluster.
  public func time(options: SimulationOptions = SimulationOptions()) throws -> Double {
    try World.simulate(cluster, options: options) { [self] rank in
      guard rank.index < rankCount else { return }
      let isWhole = rankCount == rank.worldSize
      let group = isWhole ? rank.world : try await rank.world.subgroup(Array(0..<rankCount), name: "benchmark")
      try await call(on: group)
    }.total_s
  }

  private func call(on group: any Communicator) async throws {
    let whole = BenchmarkPayload(elementCount: size.bytes / elementType.byteCount, elementType: elementType)
    let block = whole.elements(in: 0..<whole.elementCount / rankCount)
    switch operation {
    case .allReduce: _ = try await group.allReduce(whole)
    case .allGather: _ = try await group.allGather(block)
    case .reduceScatter: _ = try await group.reduceScatter(whole)
    case .allToAll: _ = try await group.allToAll(Array(repeating: block, count: rankCount))
    case .broadcast: _ = try await group.broadcast(whole, root: 0)
    case .reduce: _ = try await group.reduce(whole, root: 0)
    }
  }
}

/// Elements of a type, without values.
struct BenchmarkPayload: Payload {
  let elementCount: Int
  let elementType: ElementType

  var elementByteCount: Int { elementType.byteCount }
  var elementName: String { elementType.rawValue }

  func elements(in range: Range<Int>) -> BenchmarkPayload {
    BenchmarkPayload(elementCount: range.count, elementType: elementType)
  }

  static func concatenating(_ parts: [BenchmarkPayload]) -> BenchmarkPayload {
    BenchmarkPayload(elementCount: parts.reduce(0) { $0 + $1.elementCount }, elementType: parts[0].elementType)
  }

  static func reducing(_ contributions: [BenchmarkPayload], with reduction: ReductionOperator) -> BenchmarkPayload {
    contributions[0]
  }
}
