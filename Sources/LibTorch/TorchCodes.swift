import CLibTorch
import Communication
import Quantities

extension ElementType {
  /// The C header's number of this type.
  ///
  /// - Throws: for 8-bit and 4-bit floating point, which stand for several formats here.
  var torchCode: UniferenceElementType {
    get throws(TorchError) {
      switch self {
      case .float64: UNIFERENCE_FLOAT64
      case .float32: UNIFERENCE_FLOAT32
      case .float16: UNIFERENCE_FLOAT16
      case .bfloat16: UNIFERENCE_BFLOAT16
      case .int64: UNIFERENCE_INT64
      case .int32: UNIFERENCE_INT32
      case .int16: UNIFERENCE_INT16
      case .int8: UNIFERENCE_INT8
      case .uint8: UNIFERENCE_UINT8
      case .bool: UNIFERENCE_BOOL
      case .float8, .float4:
        throw TorchError("\(rawValue) has no values here; choose float32, float16 or bfloat16")
      }
    }
  }
}

extension ReductionOperator {
  /// The C header's number of this reduction.
  var torchCode: UniferenceReduction {
    switch self {
    case .sum: UNIFERENCE_SUM
    case .product: UNIFERENCE_PRODUCT
    case .minimum: UNIFERENCE_MINIMUM
    case .maximum: UNIFERENCE_MAXIMUM
    case .average: UNIFERENCE_AVERAGE
    case .bitwiseAnd: UNIFERENCE_BITWISE_AND
    case .bitwiseOr: UNIFERENCE_BITWISE_OR
    case .bitwiseExclusiveOr: UNIFERENCE_BITWISE_XOR
    }
  }
}
