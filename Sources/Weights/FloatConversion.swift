import Quantities

/// Reads elements of a floating-point type as float32.
struct FloatDecoder {
  private let decode: (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void

  /// `nil` for types that are no floating-point numbers of known format.
  init?(_ type: ElementType) {
    switch type {
    case .float32:
      decode = { source, count, target in
        UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: 4 * count)
      }
    case .float16:
      decode = { source, count, target in
        for index in 0..<count {
          target[index] = float(fromHalf: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
        }
      }
    case .bfloat16:
      decode = { source, count, target in
        for index in 0..<count {
          let bits = UInt32(source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self).littleEndian)
          target[index] = Float(bitPattern: bits << 16)
        }
      }
    case .float64:
      decode = { source, count, target in
        for index in 0..<count {
          target[index] = Float(source.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
        }
      }
    default: return nil
    }
  }

  func callAsFunction(_ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Float>) {
    decode(source, count, target)
  }
}

/// Writes float32 as elements of a floating-point type, rounding to nearest, ties to even.
struct FloatEncoder {
  private let encode: (UnsafePointer<Float>, Int, UnsafeMutableRawPointer) -> Void

  /// `nil` for types that float32 is not converted to.
  init?(_ type: ElementType) {
    switch type {
    case .float32: encode = { source, count, target in target.copyMemory(from: source, byteCount: 4 * count) }
    case .float16:
      encode = { source, count, target in
        for index in 0..<count {
          target.storeBytes(of: half(from: source[index]), toByteOffset: 2 * index, as: UInt16.self)
        }
      }
    case .bfloat16:
      encode = { source, count, target in
        for index in 0..<count {
          target.storeBytes(of: bfloat(from: source[index]), toByteOffset: 2 * index, as: UInt16.self)
        }
      }
    default: return nil
    }
  }

  func callAsFunction(_ source: UnsafePointer<Float>, _ count: Int, _ target: UnsafeMutableRawPointer) {
    encode(source, count, target)
  }
}

/// A half-precision number (IEEE 754 binary16) as float32. `Float16` is not there on all platforms.
@inline(__always)
func float(fromHalf bits: UInt16) -> Float {
  let sign = UInt32(bits & 0x8000) << 16
  let magnitude = UInt32(bits & 0x7fff)
  // Infinities and what is no number have all exponent bits set; for all others, scaling by 2^112 moves the exponent's
  // bias from 15 to 127, also of subnormal numbers.
  if magnitude >= 0x7c00 { return Float(bitPattern: sign | 0x7f80_0000 | magnitude << 13) }
  let scaled = Float(bitPattern: magnitude << 13) * Float(bitPattern: 0x7780_0000)
  return Float(bitPattern: sign | scaled.bitPattern)
}

/// The nearest half-precision number.
@inline(__always)
func half(from value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(bits >> 16 & 0x8000)
  let magnitude = bits & 0x7fff_ffff
  if magnitude > 0x7f80_0000 { return sign | 0x7e00 }
  if magnitude >= 0x477f_f000 { return sign | 0x7c00 }
  if magnitude < 0x3880_0000 {
    // Below the smallest normal number: adding 0.5 leaves the rounded multiple of 2^-24 in the lowest bits.
    let shifted = Float(bitPattern: magnitude) + 0.5
    return sign | UInt16(truncatingIfNeeded: shifted.bitPattern &- Float(0.5).bitPattern)
  }
  let odd = magnitude >> 13 & 1
  return sign | UInt16(truncatingIfNeeded: (magnitude &- 0x3800_0000 &+ 0xfff &+ odd) >> 13)
}

/// The nearest bfloat16 number.
@inline(__always)
func bfloat(from value: Float) -> UInt16 {
  let bits = value.bitPattern
  if bits & 0x7fff_ffff > 0x7f80_0000 { return UInt16(bits >> 16) | 0x40 }
  return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
}
