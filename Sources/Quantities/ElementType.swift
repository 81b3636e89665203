/// The type of a tensor's elements: PyTorch's `dtype`.
public enum ElementType: String, CaseIterable, Hashable, Sendable, Codable {
  case float64, float32, float16, bfloat16
  /// Any of the 8-bit floating-point formats; they cost the same.
  case float8
  case int64, int32, int16, int8, uint8
  case bool

  /// Bytes that one element takes in memory.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .float8, .int8, .uint8, .bool: 1
    }
  }
}
