import Communication
import Inputs
import Models
import Quantities
import SimulationKernel
import Uniference

/// A served model on the devices of a cluster: replicas of tensor-parallel devices, whose iterations are computed as they are
/// scheduled. Replica r has the ranks from r · tensor on.
public struct ServingProgram: Sendable {
  /// The model.
  public let configuration: LlamaConfiguration
  /// Devices of a replica.
  public let tensor: Int
  /// How many replicas there are.
  public let replicaCount: Int
  /// How iterations are scheduled.
  public let settings: SchedulerSettings
  /// The share of each device's memory that weights, activations and KV cache may take: vLLM's `gpu_memory_utilization`.
  public let memoryShare: Double
  /// Which replica serves a request.
  public let router: Router.Policy
  /// What is asked of it.
  public let load: RequestLoad
  /// What each device holds of each replica's layers.
  private let shares: [[TensorShare]]

  /// - Parameter speeds: of the devices, by rank; faster ones get larger shares.
  /// - Throws: the equation that does not hold.
  public init(
    _ configuration: LlamaConfiguration, tensor: Int, replicas: Int, settings: SchedulerSettings, memoryShare: Double,
    router: Router.Policy, load: RequestLoad, speeds: [Double]
  ) throws {
    self.configuration = configuration
    self.tensor = tensor
    replicaCount = replicas
    self.settings = settings
    self.memoryShare = memoryShare
    self.router = router
    self.load = load
    shares = try (0..<replicas).map { replica in
      let first = replica * tensor
      return try configuration.tensorShares(speeds: Array(speeds[first..<first + tensor]))
    }
  }

  /// Runs a rank's part until all requests are served.
  ///
  /// - Parameter session: the same for all ranks of a run.
  /// - Throws: ``NoRoomForCache`` where weights and activations leave no memory for KV blocks.
  public func run(on rank: Rank, in context: ModelContext, _ session: ServingSession) async throws {
    let number = context.communicator.rank
    guard number < tensor * replicaCount, let process = rank.process, let device = rank.simulatedDevice else { return }
    let (replica, part) = (number / tensor, number % tensor)
    let share = shares[replica][part]
    let blocks = try await blockCount(of: share, on: rank)
    let group = try await group(of: replica, in: context)
    var shard = try LlamaEngineShard(
      configuration, share: share, vocabularyCounts: shares[replica].map(\.vocabulary.count), group: group,
      on: context.device, place: context.place)
    let host = session.host(of: replica)
    host.layers = configuration.layerRepetitions
    host.expertLayerCount = configuration.expertLayerCount
    host.capturedTokens = settings.capturedTokens
    host.join(part, device: device, rank: rank.index, blockCount: blocks)
    let count = try await host.start(part, process)
    try shard.makeCache(positionCount: count * settings.blockSize)
    while let (batch, portion) = try await host.nextBatch(part, process) {
      if portion != .rest { device.beginStep(sequences: batch.sequenceCount) }
      try await shard.run(batch, portion) { host.mark(part, process) }
    }
  }

  private func group(of replica: Int, in context: ModelContext) async throws -> (any Communicator)? {
    guard tensor > 1 else { return nil }
    if tensor == context.communicator.size { return context.communicator }
    return try await context.communicator.subgroup(
      Array(replica * tensor..<(replica + 1) * tensor),
      name: replicaCount == 1 ? "tensor" : "tensor of replica \(replica)")
  }

  /// How many KV blocks a device has memory for.
  private func blockCount(of share: TensorShare, on rank: Rank) async throws -> Int {
    let tokens = min(settings.maximumBatchedTokens, configuration.maximumPositionCount * settings.maximumSequences)
    let need = try await EngineMemory(
      configuration, share: share, deviceCount: tensor, tokens: tokens,
      sequences: settings.maximumSequences)
    let blockBytes = settings.blockSize * LlamaEngineShard.bytesOfPosition(configuration, share: share)
    let memory = rank.specification.memory.value.bytes
    let usable = min(rank.specification.usableMemory.bytes, Int(memoryShare * Double(memory)))
    let left = usable - need.weights - need.activations
    guard left >= blockBytes else {
      throw NoRoomForCache(
        deviceName: rank.simulatedDevice?.name ?? "rank \(rank.index)", usable: usable, weights: need.weights,
        activations: need.activations, blockBytes: blockBytes)
    }
    return min(left / blockBytes, Int(Int32.max))
  }
}

/// A model that leaves no room for its KV cache.
public struct NoRoomForCache: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// The device.
  public let deviceName: String
  /// What the engine may use of its memory.
  public let usable: Int
  /// Parameters.
  public let weights: Int
  /// Activations of the largest batch.
  public let activations: Int
  /// A block of keys and values, over all layers.
  public let blockBytes: Int

  /// The equation.
  public var description: String {
    func size(_ bytes: Int) -> String { "\(DataSize(bytes: bytes))" }
    let left = usable - weights - activations
    let rest = left < 0 ? "-\(size(-left))" : size(left)
    return """
      no memory for KV blocks on \(deviceName): \(size(usable)) usable - \(size(weights)) weights - \(size(activations)) \
      activations = \(rest), a block takes \(size(blockBytes)); use more devices for a replica, a smaller \
      max_batched_tokens, quantization, or a larger share of the memory
      """
  }
}
