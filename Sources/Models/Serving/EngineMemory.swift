import Devices
import Synchronization
import Tensors

/// What a device needs of its memory beside the cache, found by running the largest batch on a device that only counts.
public struct EngineMemory: Hashable, Sendable {
  /// Parameters.
  public let weights: Int
  /// The most that the largest batch's activations take at once.
  public let activations: Int

  /// - Parameters:
  ///   - tokens: those of the largest batch.
  ///   - sequences: the most that pass the output layer together.
  public init(
    _ configuration: LlamaConfiguration, share: TensorShare, deviceCount: Int, tokens: Int, sequences: Int
  ) async throws {
    let account = CountingAccount()
    let device = ShapeDevice(accounting: account)
    var shard = try LlamaEngineShard(
      configuration, share: share, vocabularyCounts: [share.vocabulary.count], group: nil, on: device)
    weights = account.inUse
    try shard.makeCache(positionCount: tokens)
    let cached = account.inUse - weights
    let others = max(1, min(sequences, tokens))
    let whole = tokens / others
    try await shard.run(
      BatchShape(
        chunks: [
          BatchShape.Chunks(length: whole, context: 0, count: others - tokens % others),
          BatchShape.Chunks(length: whole + 1, context: 0, count: tokens % others),
        ].filter { $0.count > 0 }))
    // Alone, the shard sums and gathers nothing. Sums of hidden states and gathered logits have buffers of their own.
    let bytes = configuration.elementType.byteCount
    let buffers =
      deviceCount > 1 ? bytes * (tokens * configuration.hiddenSize + 3 * others * configuration.vocabularySize) : 0
    activations = account.peak - weights - cached + buffers
    withExtendedLifetime(shard) {}
  }
}

/// Counts memory and charges nothing.
private final class CountingAccount: DeviceAccounting {
  private let account = Mutex(MemoryAccount(deviceName: "account", capacity: .max))

  var measuresKernels: Bool { false }
  var inUse: Int { account.withLock(\.inUse) }
  var peak: Int { account.withLock(\.peak) }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) {}

  func allocate(byteCount: Int, label: StaticString) throws {
    try account.withLock { account throws(OutOfMemory) in try account.allocate(byteCount, label: label) }
  }

  func release(byteCount: Int, label: StaticString) {
    account.withLock { $0.release(byteCount, label: label) }
  }
}
