/// What ggml's descriptions of its block formats say, element by element and as slowly as they read. Every element asks
/// for its own bits; nothing is shared with the fast version.
struct ReferenceDequantizer {
  let type: String

  /// Elements and bytes of a block.
  static let sizes: [String: (elements: Int, bytes: Int)] = [
    "Q4_0": (32, 18), "Q4_1": (32, 20), "Q5_0": (32, 22), "Q5_1": (32, 24), "Q8_0": (32, 34), "Q4_K": (256, 144),
    "Q5_K": (256, 176), "Q6_K": (256, 210),
  ]

  /// Element `index` of a block.
  func element(_ index: Int, of block: ArraySlice<UInt8>) -> Double {
    let bytes = Array(block)
    switch type {
    case "Q4_0": return half(bytes, 0) * Double(nibble(bytes, from: 2, index) - 8)
    case "Q4_1": return half(bytes, 0) * Double(nibble(bytes, from: 4, index)) + half(bytes, 2)
    case "Q5_0": return half(bytes, 0) * Double(nibble(bytes, from: 6, index) + 16 * bit(bytes, from: 2, index) - 16)
    case "Q5_1":
      return half(bytes, 0) * Double(nibble(bytes, from: 8, index) + 16 * bit(bytes, from: 4, index)) + half(bytes, 2)
    case "Q8_0": return half(bytes, 0) * Double(Int8(bitPattern: bytes[2 + index]))
    case "Q4_K", "Q5_K": return superBlockElement(index, bytes)
    case "Q6_K": return sixBitElement(index, bytes)
    default: preconditionFailure("no block format is called \(type)")
    }
  }

  /// Four bits: those of element 0 are the lower half of the first byte, those of element 16 its upper half.
  private func nibble(_ bytes: [UInt8], from start: Int, _ index: Int) -> Int {
    Int(bytes[start + index % 16]) >> (index < 16 ? 0 : 4) & 15
  }

  /// Bit `index` of a run of bytes.
  private func bit(_ bytes: [UInt8], from start: Int, _ index: Int) -> Int {
    Int(bytes[start + index / 8]) >> (index % 8) & 1
  }

  /// block_q4_K and block_q5_K: d, dmin, scales[12], then (of Q5_K: qh[32], and) qs[128]. Sub-block j has 32 elements;
  /// two neighbouring sub-blocks share 32 bytes, the even one in the lower halves. Bit j of qh[i] is the fifth bit of
  /// element i of sub-block j.
  private func superBlockElement(_ index: Int, _ bytes: [UInt8]) -> Double {
    let (group, place) = (index / 32, index % 32)
    let low = type == "Q4_K" ? 16 : 48
    var bits = Int(bytes[low + group / 2 * 32 + place]) >> (group % 2 == 0 ? 0 : 4) & 15
    if type == "Q5_K" { bits += 16 * (Int(bytes[16 + place]) >> group & 1) }
    let (scale, minimum) = scaleAndMinimum(group, bytes[4..<16].map(Int.init))
    return half(bytes, 0) * Double(scale) * Double(bits) - half(bytes, 2) * Double(minimum)
  }

  /// The drawing in ggml-quants.c: sub-blocks 0 to 3 have their six bits in the bytes 0 to 3 (scales) and 4 to 7
  /// (minima); the upper two bits of these bytes belong to sub-blocks 4 to 7, whose lower four bits are in the halves of
  /// the bytes 8 to 11.
  private func scaleAndMinimum(_ group: Int, _ packed: [Int]) -> (Int, Int) {
    if group < 4 { return (packed[group] % 64, packed[group + 4] % 64) }
    let own = packed[group + 4]
    return (own % 16 + packed[group - 4] / 64 * 16, own / 16 + packed[group] / 64 * 16)
  }

  /// block_q6_K: ql[128], qh[64], scales[16], d. Of each half of 128 elements, four runs of 32: the first two in the lower
  /// halves of 64 bytes, the others in the upper halves; two bits for each run in 32 bytes of qh.
  private func sixBitElement(_ index: Int, _ bytes: [UInt8]) -> Double {
    let (half128, run, place) = (index / 128, index % 128 / 32, index % 32)
    let low = Int(bytes[64 * half128 + 32 * (run % 2) + place]) >> (run < 2 ? 0 : 4) & 15
    let high = Int(bytes[128 + 32 * half128 + place]) >> (2 * run) & 3
    let scale = Int8(bitPattern: bytes[192 + index / 16])
    return half(bytes, 208) * Double(scale) * Double(low + 16 * high - 32)
  }
}

/// A number in half precision: sign, five bits of exponent, ten of fraction (IEEE 754, binary16).
func half(_ bytes: [UInt8], _ offset: Int) -> Double { half(UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8) }

/// The same of its 16 bits.
func half(_ bits: UInt16) -> Double {
  let sign = bits >> 15 == 0 ? 1.0 : -1.0
  let (exponent, fraction) = (Int(bits >> 10 & 31), Double(bits & 1023) / 1024)
  switch exponent {
  case 0: return sign * fraction * 0x1p-14
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default: return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}
