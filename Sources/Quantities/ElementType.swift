/// The type of a tensor's elements: PyTorch's `dtype`.
public enum ElementType: String, CaseIterable, Hashable, Sendable, Codable {
  case float64, float32, float16, bfloat16
  /// Any of the 8-bit floating-point formats; they cost the same.
  case float8
  /// Two 4-bit floating-point numbers in a byte, as PyTorch's `float4_e2m1fn_x2`: a type of arithmetic alone. Weights of
  /// four bits are stored in a ``QuantizedFormat``.
  case float4
  case int64, int32, int16, int8, uint8
  case bool

  /// The type of a name as PyTorch or people write it: `float16`, `torch.float16`, `half`, `fp16`.
  public init?(named name: String) {
    let name = name.hasPrefix("torch.") ? String(name.dropFirst("torch.".count)) : name
    guard let type = ElementType(rawValue: name) ?? Self.otherNames[name.lowercased()] else { return nil }
    self = type
  }

  /// What else the types are called.
  private static let otherNames: [String: ElementType] = [
    "fp64": .float64, "double": .float64, "f64": .float64, "fp32": .float32, "float": .float32, "f32": .float32,
    "fp16": .float16, "half": .float16, "f16": .float16, "bf16": .bfloat16, "fp8": .float8, "f8": .float8,
    "float8_e4m3fn": .float8, "float8_e5m2": .float8, "fp4": .float4, "float4_e2m1fn_x2": .float4, "long": .int64,
    "int": .int32, "short": .int16,
  ]

  /// Bytes that one element takes in memory.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .float8, .float4, .int8, .uint8, .bool: 1
    }
  }
}
