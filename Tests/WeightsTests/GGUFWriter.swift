/// Writes GGUF files as ggml's `docs/gguf.md` says.
struct GGUFWriter {
  /// A value of the metadata, with the number of its type.
  indirect enum Value {
    case uint32(UInt32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case uint64(UInt64)
    case array(type: UInt32, [Value])

    var type: UInt32 {
      switch self {
      case .uint32: 4
      case .float32: 6
      case .bool: 7
      case .string: 8
      case .array: 9
      case .uint64: 10
      }
    }

    var content: [UInt8] {
      switch self {
      case .uint32(let value): bytes(of: value)
      case .float32(let value): bytes(of: value.bitPattern)
      case .bool(let value): [value ? 1 : 0]
      case .string(let text): bytes(of: UInt64(text.utf8.count)) + text.utf8
      case .array(let type, let values): bytes(of: type) + bytes(of: UInt64(values.count)) + values.flatMap(\.content)
      case .uint64(let value): bytes(of: value)
      }
    }
  }

  /// `enum ggml_type` of ggml.h.
  static let types: [String: UInt32] = [
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q4_K": 12, "Q5_K": 13,
    "Q6_K": 14, "I32": 26, "BF16": 30, "MXFP4": 39,
  ]

  var version: UInt32 = 3
  var metadata: [(key: String, value: Value)] = []
  var samples: [StoredSample]
  var alignment = 32

  /// The whole file.
  var file: [UInt8] {
    var head: [UInt8] = Array("GGUF".utf8) + bytes(of: version)
    head += bytes(of: UInt64(samples.count)) + bytes(of: UInt64(metadata.count))
    for (key, value) in metadata {
      head += Value.string(key).content + bytes(of: value.type) + value.content
    }
    var elements: [UInt8] = []
    for sample in samples {
      head += Value.string(sample.name).content + bytes(of: UInt32(sample.shape.count))
      for length in sample.shape.reversed() { head += bytes(of: UInt64(length)) }
      head += bytes(of: Self.types[sample.type]!) + bytes(of: UInt64(elements.count))
      elements += padded(sample.bytes)
    }
    return padded(head) + elements
  }

  private func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + Array(repeating: 0, count: (alignment - bytes.count % alignment) % alignment)
  }
}
