import CLibTorch
import Tensors

/// An operation as the C header wants it: a number, and attributes in the order that it names them.
struct TorchCall {
  var operation: UniferenceOperation
  var integers: [Int64] = []
  var numbers: [Double] = []
}

extension Operation {
  /// How libtorch is asked for this operation.
  ///
  /// - Throws: for a cast to a type without values, and for attention to a window of positions.
  var torchCall: TorchCall {
    get throws(TorchError) {
      switch self {
      case .linear: TorchCall(operation: UNIFERENCE_LINEAR)
      case .matmul: TorchCall(operation: UNIFERENCE_MATMUL)
      case .attention(let offset, nil): TorchCall(operation: UNIFERENCE_ATTENTION, integers: [Int64(offset ?? -1)])
      case .attention(_, let window?):
        throw TorchError(
          "attention to a window of \(window) positions is not computed with values; shorten prompt and generated tokens "
            + "to as many, or leave --values out")
      case .embedding(let first): TorchCall(operation: UNIFERENCE_EMBEDDING, integers: [Int64(first)])
      case .argmax: TorchCall(operation: UNIFERENCE_ARGMAX)
      case .rmsNorm(let epsilon): TorchCall(operation: UNIFERENCE_RMS_NORM, numbers: [epsilon])
      case .layerNorm(let epsilon): TorchCall(operation: UNIFERENCE_LAYER_NORM, numbers: [epsilon])
      case .softmax: TorchCall(operation: UNIFERENCE_SOFTMAX)
      case .silu: TorchCall(operation: UNIFERENCE_SILU)
      case .gelu: TorchCall(operation: UNIFERENCE_GELU_TANH)
      case .exactGELU: TorchCall(operation: UNIFERENCE_GELU_EXACT)
      case .quickGELU: TorchCall(operation: UNIFERENCE_GELU_QUICK)
      case .tanh: TorchCall(operation: UNIFERENCE_TANH)
      case .exponential: TorchCall(operation: UNIFERENCE_EXPONENTIAL)
      case .normalize(let epsilon): TorchCall(operation: UNIFERENCE_NORMALIZE, numbers: [epsilon])
      case .mean: TorchCall(operation: UNIFERENCE_MEAN)
      case .patches(let size): TorchCall(operation: UNIFERENCE_PATCHES, integers: [Int64(size)])
      case .add: TorchCall(operation: UNIFERENCE_ADD)
      case .multiply: TorchCall(operation: UNIFERENCE_MULTIPLY)
      case .rotaryEmbedding(_, let position): TorchCall(operation: UNIFERENCE_ROTARY, integers: [Int64(position)])
      case .concatenate(let axis): TorchCall(operation: UNIFERENCE_CONCATENATE, integers: [Int64(axis)])
      case .expertLinear, .latentAttention:
        throw TorchError("mixtures of experts and latent attention are not computed with values; leave --values out")
      case .quantize(let format), .sumQuantized(let format, _, _, _):
        throw TorchError("messages in \(format) are not computed with values; leave buffer_float_type or --values out")
      case .cast(let type): TorchCall(operation: UNIFERENCE_CAST, integers: [Int64(try type.torchCode.rawValue)])
      }
    }
  }
}
