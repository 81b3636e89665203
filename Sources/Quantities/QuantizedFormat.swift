/// How the elements of a parameter are stored in few bits: groups of a row's elements share scales.
///
/// A format is sixteen bytes without a heap, so that tensors carry it for free.
public struct QuantizedFormat: Hashable, Sendable, CustomStringConvertible {
  /// Formats by what they are called.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    case float16, bfloat16
    case int8, int4
    case float8 = "fp8"
    case nvfp4, mxfp4
    case q8_0 = "Q8_0"
    case q5_0 = "Q5_0"
    case q5_1 = "Q5_1"
    case q4_0 = "Q4_0"
    case q4_1 = "Q4_1"
    case iq4_NL = "IQ4_NL"
    case q2_K = "Q2_K"
    case q3_K = "Q3_K"
    case q4_K = "Q4_K"
    case q5_K = "Q5_K"
    case q6_K = "Q6_K"
    case iq4_XS = "IQ4_XS"
  }

  /// In which type a product with such a weight is computed.
  public enum Arithmetic: Hashable, Sendable {
    /// In the activations' type: weights are converted to it on their way from memory.
    case ofActivations
    /// In this type, to which activations are converted before each product.
    case of(ElementType)
  }

  /// What it is.
  public let kind: Kind
  /// What products are computed in.
  public let arithmetic: Arithmetic
  private let storedElementBits: UInt8
  private let storedScaleBits: UInt16
  /// 0 for a whole row.
  private let storedGroupSize: UInt32
  /// 0 for all rows.
  private let storedRowsPerScale: UInt32

  /// Bits of an element without its share of scales.
  public var elementBits: Int { Int(storedElementBits) }
  /// Bits of all that a group shares: scales, minima, zero points.
  public var scaleBits: Int { Int(storedScaleBits) }
  /// Elements of a row that share scales; `nil` where those of a whole row do.
  public var groupSize: Int? { storedGroupSize == 0 ? nil : Int(storedGroupSize) }
  /// Rows that share scales; `nil` where all of a parameter's do.
  public var rowsPerScale: Int? { storedRowsPerScale == 0 ? nil : Int(storedRowsPerScale) }

  /// A format. Sizes are positive and less than 2^32, bits less than 2^8 and 2^16.
  public init(
    _ kind: Kind, elementBits: Int, groupSize: Int?, rowsPerScale: Int? = 1, scaleBits: Int, arithmetic: Arithmetic
  ) {
    self.kind = kind
    self.arithmetic = arithmetic
    storedElementBits = UInt8(elementBits)
    storedScaleBits = UInt16(scaleBits)
    storedGroupSize = UInt32(groupSize ?? 0)
    storedRowsPerScale = UInt32(rowsPerScale ?? 0)
  }

  /// Bytes of a matrix of so many rows and columns. A group at the end of a row is stored whole.
  public func byteCount(rows: Int, columns: Int) -> Int {
    let groups = groupSize.map { (columns + $0 - 1) / $0 } ?? 1
    let stored = groupSize.map { groups * $0 } ?? columns
    let scales = rowsPerScale.map { (rows + $0 - 1) / $0 } ?? (rows > 0 ? 1 : 0)
    return rows * ((stored * elementBits + 7) / 8) + (scales * groups * scaleBits + 7) / 8
  }

  /// Bits of an element with its share of scales, in a row of whole groups.
  public var bitsPerElement: Double? {
    guard let groupSize, let rowsPerScale else { return nil }
    return Double(elementBits) + Double(scaleBits) / Double(groupSize * rowsPerScale)
  }

  /// Operations that bring an element into the type that products are computed in: none for what tensor cores read as it
  /// is, one to take it out of its byte, and in the activations' type one more to scale it.
  public var operationsPerElement: Int {
    switch (arithmetic, kind) {
    case (.ofActivations, _): 2
    case (.of, .float16), (.of, .bfloat16), (.of, .float8), (.of, .nvfp4), (.of, .mxfp4), (.of, .int8), (.of, .q8_0): 0
    case (.of, _): 1
    }
  }

  /// Bytes of an activation that has been converted for a product; `nil` where activations stay as they are.
  public var activationByteCount: Double? {
    switch arithmetic {
    case .ofActivations: nil
    case .of(.float4): 0.5625
    case .of(let type): Double(type.byteCount)
    }
  }

  /// `Q4_K`, `int4-g128`, `fp8-channel`, with what is particular of it.
  public var description: String {
    switch kind {
    case .int4: kind.rawValue + (groupSize.map { "-g\($0)" } ?? "-channel")
    case .int8 where arithmetic == .of(.int8): "w8a8-int8"
    case .int8: kind.rawValue + (groupSize.map { "-g\($0)" } ?? "")
    case .float8, .nvfp4, .mxfp4: kind.rawValue + granularity + (arithmetic == .ofActivations ? "-weight-only" : "")
    default: kind.rawValue
    }
  }

  private var granularity: String {
    guard kind == .float8 else { return "" }
    if groupSize != nil { return "-block" }
    return rowsPerScale == nil ? "" : "-channel"
  }
}

extension QuantizedFormat {
  /// Half-precision numbers beside activations of another type, which are converted to them.
  public static let float16 = QuantizedFormat(
    .float16, elementBits: 16, groupSize: nil, scaleBits: 0, arithmetic: .of(.float16))

  /// The same for bfloat16.
  public static let bfloat16 = QuantizedFormat(
    .bfloat16, elementBits: 16, groupSize: nil, scaleBits: 0, arithmetic: .of(.bfloat16))

  /// Eight-bit integers with a scale for each row, as gpt-fast and torchao store weights alone.
  public static let int8 = QuantizedFormat(
    .int8, elementBits: 8, groupSize: nil, scaleBits: 16, arithmetic: .ofActivations)

  /// Four-bit integers with a scale and a zero point for each group of a row.
  ///
  /// - Parameters:
  ///   - groupSize: `nil` for a whole row.
  ///   - zeroBits: of a zero point: 16 as gpt-fast and torchao store it, 4 in AWQ and GPTQ, 0 without one.
  public static func int4(groupSize: Int?, zeroBits: Int) -> QuantizedFormat {
    QuantizedFormat(
      .int4, elementBits: 4, groupSize: groupSize, scaleBits: 16 + zeroBits, arithmetic: .ofActivations)
  }

  /// Eight-bit integers of weights and activations.
  public static let w8a8 = QuantizedFormat(
    .int8, elementBits: 8, groupSize: nil, scaleBits: 16, arithmetic: .of(.int8))

  /// Eight-bit floating-point numbers with one scale for the parameter.
  public static let float8 = QuantizedFormat(
    .float8, elementBits: 8, groupSize: nil, rowsPerScale: nil, scaleBits: 32, arithmetic: .of(.float8))

  /// With a scale for each row.
  public static let float8Channels = QuantizedFormat(
    .float8, elementBits: 8, groupSize: nil, scaleBits: 32, arithmetic: .of(.float8))

  /// With a scale for each block of so many rows and columns.
  public static func float8Blocks(rows: Int, columns: Int) -> QuantizedFormat {
    QuantizedFormat(
      .float8, elementBits: 8, groupSize: columns, rowsPerScale: rows, scaleBits: 32, arithmetic: .of(.float8))
  }

  /// NVIDIA's four-bit floating-point numbers: sixteen share an eight-bit scale.
  public static let nvfp4 = QuantizedFormat(
    .nvfp4, elementBits: 4, groupSize: 16, scaleBits: 8, arithmetic: .of(.float4))

  /// The Open Compute Project's: 32 share an eight-bit exponent. Weights alone, as gpt-oss is published and served.
  public static let mxfp4 = QuantizedFormat(
    .mxfp4, elementBits: 4, groupSize: 32, scaleBits: 8, arithmetic: .ofActivations)

  /// The same stored weights, converted to the activations' type for each product.
  public var weightOnly: QuantizedFormat {
    QuantizedFormat(
      kind, elementBits: elementBits, groupSize: groupSize, rowsPerScale: rowsPerScale, scaleBits: scaleBits,
      arithmetic: .ofActivations)
  }

  /// A format of ggml (`ggml-common.h`). llama.cpp computes with all of them in integers, to which it converts activations
  /// (`vec_dot` of ggml-cpu; MMVQ and MMQ of ggml-cuda); where a device has no such arithmetic, it converts weights.
  public static func ggml(_ kind: Kind) -> QuantizedFormat? {
    let (bits, group, scales): (Int, Int, Int)
    switch kind {
    case .q4_0, .iq4_NL: (bits, group, scales) = (4, 32, 16)
    case .q4_1: (bits, group, scales) = (4, 32, 32)
    case .q5_0: (bits, group, scales) = (5, 32, 16)
    case .q5_1: (bits, group, scales) = (5, 32, 32)
    case .q8_0: (bits, group, scales) = (8, 32, 16)
    case .q2_K: (bits, group, scales) = (2, 256, 160)
    case .q3_K: (bits, group, scales) = (3, 256, 112)
    case .q4_K: (bits, group, scales) = (4, 256, 128)
    case .q5_K: (bits, group, scales) = (5, 256, 128)
    case .q6_K: (bits, group, scales) = (6, 256, 144)
    case .iq4_XS: (bits, group, scales) = (4, 256, 64)
    case .float16, .bfloat16, .int8, .int4, .float8, .nvfp4, .mxfp4: return nil
    }
    return QuantizedFormat(kind, elementBits: bits, groupSize: group, scaleBits: scales, arithmetic: .of(.int8))
  }
}
