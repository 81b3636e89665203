import Communication
import Quantities
import Tensors

/// One tensor-parallel device's part of a model that a serving engine runs: weights, and the paged cache of each layer.
///
/// Its tensors have no values: an engine's schedule does not depend on them.
public struct LlamaEngineShard: Sendable {
  private let shard: LlamaShard
  private let configuration: LlamaConfiguration
  private let device: any TensorDevice
  private let headCount: Int
  private var caches: [PagedCache] = []
  private let repetitions: [LayerRepetition]

  /// Takes memory for the weights.
  ///
  /// - Parameters:
  ///   - group: the devices that divide the layers, `nil` for one that has them alone.
  ///   - place: told which layer the device works on.
  public init(
    _ configuration: LlamaConfiguration, share: TensorShare, vocabularyCounts: [Int], group: (any Communicator)?,
    on device: any TensorDevice, place: (any ModelPlace)? = nil
  ) throws {
    var shard = try LlamaShard(
      configuration.parameters(on: device, from: nil), configuration, layers: 0..<configuration.layerCount,
      share: share, vocabularyCounts: vocabularyCounts, group: group)
    shard.place = place
    self.shard = shard
    self.configuration = configuration
    self.device = device
    headCount = share.keyValueHeads.count
    repetitions = configuration.layerRepetitions
  }

  /// Takes memory for the keys and values of so many positions in every layer.
  public mutating func makeCache(positionCount: Int) throws {
    caches = try shard.layers.map { _ in
      if let latent = configuration.variant.latentAttention {
        return try PagedCache(
          positionCount: positionCount, headCount: 1, headSize: latent.cachedSize, isLatent: true,
          elementType: configuration.cacheElementType, on: device)
      }
      return try PagedCache(
        positionCount: positionCount, headCount: headCount, headSize: configuration.headSize,
        elementType: configuration.cacheElementType, on: device)
    }
  }

  /// Computes a batch and chooses each sequence's next token.
  ///
  /// - Parameters:
  ///   - part: what of it.
  ///   - mark: called at the beginning of each repetition of layers, and after each of its first two periods, of a sample.
  public func run(_ batch: BatchShape, _ part: IterationPart = .whole, mark: () -> Void = {}) async throws {
    if part == .rest { return try await runRest(batch) }
    let tokens = try Tensor(
      uninitialized: [1, batch.tokenCount], elementType: .int64, on: device, label: "input tokens")
    var hidden = try await shard.embed(tokens)
    if part == .whole {
      hidden = try await shard.forward(consume hidden, layers: shard.layers.indices, of: batch, caches: caches)
    } else {
      for repetition in repetitions {
        mark()
        for number in 0..<min(repetition.count, LayerRepetition.computedCount) {
          let first = repetition.first + number * repetition.period
          hidden = try await shard.forward(
            consume hidden, layers: first..<first + repetition.period, of: batch, caches: caches)
          mark()
        }
      }
    }
    _ = try await shard.choose(hidden, sequences: batch.sequenceCount)
  }

  private func runRest(_ batch: BatchShape) async throws {
    var hidden = try Tensor(
      uninitialized: [1, batch.tokenCount, configuration.hiddenSize], elementType: configuration.elementType,
      on: device,
      label: "hidden states")
    for repetition in repetitions {
      hidden = try await shard.forward(consume hidden, layers: repetition.countedLayers, of: batch, caches: caches)
    }
  }

  /// Bytes of one position's keys and values on a device, over all layers.
  public static func bytesOfPosition(_ configuration: LlamaConfiguration, share: TensorShare) -> Int {
    // Every device has all latent vectors, since each makes keys and values of its own heads of them.
    let elements =
      configuration.variant.latentAttention?.cachedSize ?? 2 * share.keyValueHeads.count * configuration.headSize
    return elements * configuration.cacheElementType.byteCount * configuration.layerCount
  }
}

extension LlamaConfiguration {
  /// What each of several tensor-parallel devices holds.
  ///
  /// - Throws: the equation that does not hold.
  public func tensorShares(speeds: [Double]) throws(StrategyError) -> [TensorShare] {
    try TensorShare.validate(tensor: speeds.count, configuration: self, strategy: .tensor(speeds.count))
    return TensorShare.shares(of: self, speeds: speeds)
  }
}
