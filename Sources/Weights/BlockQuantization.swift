/// Block formats of quantised weights: a few bits for each element, and scales for each block.
///
/// Source: ggml, `ggml-common.h` (layouts) and `ggml-quants.c` (`dequantize_row_*`).
public enum BlockQuantization: String, CaseIterable, Hashable, Sendable {
  case q4_0 = "Q4_0"
  case q4_1 = "Q4_1"
  case q5_0 = "Q5_0"
  case q5_1 = "Q5_1"
  case q8_0 = "Q8_0"
  case q4_K = "Q4_K"
  case q5_K = "Q5_K"
  case q6_K = "Q6_K"

  /// Elements of a block.
  public var elementCount: Int {
    switch self {
    case .q4_0, .q4_1, .q5_0, .q5_1, .q8_0: 32
    case .q4_K, .q5_K, .q6_K: 256
    }
  }

  /// Bytes of a block.
  public var byteCount: Int {
    switch self {
    case .q4_0: 18
    case .q4_1: 20
    case .q5_0: 22
    case .q5_1: 24
    case .q8_0: 34
    case .q4_K: 144
    case .q5_K: 176
    case .q6_K: 210
    }
  }

  /// Writes the elements of consecutive blocks.
  func dequantize(_ source: UnsafeRawPointer, blockCount: Int, into target: UnsafeMutablePointer<Float>) {
    for index in 0..<blockCount {
      let block = Block(base: source + index * byteCount)
      let values = target + index * elementCount
      switch self {
      case .q4_0: block.fourBits(scale: block.half(0), minimum: -8 * block.half(0), at: 2, into: values)
      case .q4_1: block.fourBits(scale: block.half(0), minimum: block.half(2), at: 4, into: values)
      case .q5_0:
        block.fiveBits(scale: block.half(0), minimum: -16 * block.half(0), high: 2, low: 6, into: values)
      case .q5_1: block.fiveBits(scale: block.half(0), minimum: block.half(2), high: 4, low: 8, into: values)
      case .q8_0: block.eightBits(into: values)
      case .q4_K: block.superBlock(high: nil, low: 16, into: values)
      case .q5_K: block.superBlock(high: 16, low: 48, into: values)
      case .q6_K: block.sixBits(into: values)
      }
    }
  }
}

/// The bytes of one block.
private struct Block {
  let base: UnsafeRawPointer

  @inline(__always)
  func byte(_ offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

  @inline(__always)
  func signed(_ offset: Int) -> Float { Float(base.load(fromByteOffset: offset, as: Int8.self)) }

  /// A scale, stored in half precision.
  @inline(__always)
  func half(_ offset: Int) -> Float {
    float(fromHalf: UInt16(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  /// 32 elements scale · q + minimum; low halves of the bytes come first.
  @inline(__always)
  func fourBits(scale: Float, minimum: Float, at offset: Int, into values: UnsafeMutablePointer<Float>) {
    for index in 0..<16 {
      let pair = byte(offset + index)
      values[index] = scale * Float(pair & 15) + minimum
      values[index + 16] = scale * Float(pair >> 4) + minimum
    }
  }

  /// The same with a fifth bit of each element in a word of its own.
  @inline(__always)
  func fiveBits(scale: Float, minimum: Float, high: Int, low: Int, into values: UnsafeMutablePointer<Float>) {
    let bits = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: high, as: UInt32.self))
    for index in 0..<16 {
      let pair = byte(low + index)
      let first = UInt32(pair & 15) | (bits >> UInt32(index) & 1) << 4
      let second = UInt32(pair >> 4) | (bits >> UInt32(index + 16) & 1) << 4
      values[index] = scale * Float(first) + minimum
      values[index + 16] = scale * Float(second) + minimum
    }
  }

  @inline(__always)
  func eightBits(into values: UnsafeMutablePointer<Float>) {
    let scale = half(0)
    for index in 0..<32 { values[index] = scale * signed(2 + index) }
  }

  /// Eight groups of 32 elements with six-bit scales and minima, packed into twelve bytes at 4; `high` is where a fifth
  /// bit of each element is, of blocks that have one.
  @inline(__always)
  func superBlock(high: Int?, low: Int, into values: UnsafeMutablePointer<Float>) {
    let (scale, minimum) = (half(0), half(2))
    for group in 0..<8 {
      let (groupScale, groupMinimum) = packedScale(group)
      let (factor, offset) = (scale * Float(groupScale), minimum * Float(groupMinimum))
      let shift = UInt8(4 * (group & 1))
      for index in 0..<32 {
        var bits = byte(low + 32 * (group / 2) + index) >> shift & 15
        if let high { bits |= (byte(high + index) >> UInt8(group) & 1) << 4 }
        values[32 * group + index] = factor * Float(bits) - offset
      }
    }
  }

  /// Scale and minimum of a group: the first four stand in the low six bits of their bytes, the last four are put
  /// together of four bits and of the upper two of the former.
  @inline(__always)
  private func packedScale(_ group: Int) -> (UInt8, UInt8) {
    if group < 4 { return (byte(4 + group) & 63, byte(8 + group) & 63) }
    let both = byte(8 + group)
    return (both & 15 | (byte(group) >> 6) << 4, both >> 4 | (byte(4 + group) >> 6) << 4)
  }

  /// Sixteen groups of 16 elements with eight-bit scales: four low bits of each element, then two high ones.
  @inline(__always)
  func sixBits(into values: UnsafeMutablePointer<Float>) {
    let scale = half(208)
    for part in 0..<2 {
      for index in 0..<32 {
        let (first, second) = (byte(64 * part + index), byte(64 * part + 32 + index))
        let upper = byte(128 + 32 * part + index)
        let scales = 192 + 8 * part + index / 16
        let quartets = (first & 15, second & 15, first >> 4, second >> 4)
        let place = values + 128 * part + index
        place[0] = scale * signed(scales) * element(quartets.0, upper)
        place[32] = scale * signed(scales + 2) * element(quartets.1, upper >> 2)
        place[64] = scale * signed(scales + 4) * element(quartets.2, upper >> 4)
        place[96] = scale * signed(scales + 6) * element(quartets.3, upper >> 6)
      }
    }
  }

  @inline(__always)
  private func element(_ low: UInt8, _ high: UInt8) -> Float { Float(Int(low | (high & 3) << 4) - 32) }
}
