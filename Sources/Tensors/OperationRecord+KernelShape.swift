import Devices

extension OperationRecord {
  /// The kernel that a device runs for the operation.
  public var kernelShape: KernelShape {
    switch kind {
    case .linear: .matrixMultiplication(batch: 1, rows: sizes[0], inner: sizes[1], columns: sizes[2])
    case .expertLinear:
      .groupedProduct(
        groups: max(1, sizes[3]), rows: (sizes[0] + max(1, sizes[3]) - 1) / max(1, sizes[3]), inner: sizes[1],
        columns: sizes[2])
    case .latentAttention:
      .attention(
        batch: sizes[0], heads: sizes[1], keyValueHeads: 1, queries: sizes[2], keys: sizes[3], headSize: sizes[4])
    case .matmul: .matrixMultiplication(batch: sizes[0], rows: sizes[1], inner: sizes[2], columns: sizes[3])
    case .attention:
      .attention(
        batch: sizes[0], heads: sizes[1], keyValueHeads: sizes[2], queries: sizes[3], keys: sizes[4],
        headSize: sizes[5])
    case .rmsNorm, .layerNorm, .softmax, .normalize: .normalization(rows: sizes[0], columns: sizes[1])
    case .silu, .gelu, .exactGELU, .quickGELU, .tanh, .exponential, .cast, .copy, .add, .multiply, .concatenate:
      .elementwise(elements: sizes[0])
    case .rotaryEmbedding: .elementwise(elements: sizes[0] * sizes[1] * sizes[2] * sizes[3])
    case .embedding, .argmax, .mean, .patches: .other
    }
  }
}
