import Quantities

/// PyTorch's element types by their numbers on the wire.
enum DataType: UInt8, Sendable {
  case float32, float64, float16, bfloat16
  case int8, uint8, int16, int32, int64
  case bool
  case complex64, complex128
  case float8E4M3, float8E5M2
  case uint16, uint32, uint64
  case complex32
  case otherFloat8

  /// Bytes of one element.
  var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2, .otherFloat8: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32, .complex32: 4
    case .float64, .int64, .uint64, .complex64: 8
    case .complex128: 16
    }
  }

  /// As PyTorch prints it, without `torch.`.
  var name: String {
    switch self {
    case .float8E4M3: "float8_e4m3fn"
    case .float8E5M2: "float8_e5m2"
    case .otherFloat8: "float8"
    default: "\(self)"
    }
  }

  /// The type whose speed the device's figures give: a complex number computes as its parts do, an unsigned one as the
  /// signed one of its width.
  var costType: ElementType {
    switch self {
    case .float32, .complex64: .float32
    case .float64, .complex128: .float64
    case .float16, .complex32: .float16
    case .bfloat16: .bfloat16
    case .float8E4M3, .float8E5M2, .otherFloat8: .float8
    case .int8: .int8
    case .uint8: .uint8
    case .int16, .uint16: .int16
    case .int32, .uint32: .int32
    case .int64, .uint64: .int64
    case .bool: .bool
    }
  }
}
