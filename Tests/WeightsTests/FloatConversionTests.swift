import SimulationKernel
import Testing

@testable import Weights

/// 16-bit floating-point numbers to float32 and back.
struct FloatConversionTests {
  @Test("Every half-precision number becomes the float32 of the same value, and itself again")
  func everyHalf() {
    for bits in UInt16.min...UInt16.max {
      let (value, expected) = (float(fromHalf: bits), half(bits))
      if expected.isNaN {
        #expect(value.isNaN && float(fromHalf: Weights.half(from: value)).isNaN, "\(bits)")
      } else {
        #expect(Double(value) == expected && Weights.half(from: value) == bits, "\(bits)")
      }
    }
  }

  @Test("Float32 becomes the nearest half-precision number, of two equally near ones the even one")
  func nearestHalf() {
    // All numbers that lie on, right below and right above the middle between two neighbours.
    for bits in UInt16(0)..<0x7bff {
      let (low, high) = (half(bits), half(bits + 1))
      let middle = Float((low + high) / 2)
      #expect(Weights.half(from: middle) == (bits % 2 == 0 ? bits : bits + 1), "between \(low) and \(high)")
      #expect(Weights.half(from: middle.nextDown) == bits, "below the middle of \(low) and \(high)")
      #expect(Weights.half(from: -middle.nextUp) == 0x8000 | (bits + 1), "above the middle of \(low) and \(high)")
    }
    #expect(Weights.half(from: 65519.996) == 0x7bff)
    #expect(Weights.half(from: 65520) == 0x7c00)
    #expect(Weights.half(from: -.infinity) == 0xfc00)
  }

  @Test("Float32 becomes the nearest bfloat16 number, of two equally near ones the even one")
  func nearestBfloat() {
    var random = RandomStream(seed: 3)
    for _ in 0..<20_000 {
      let high = UInt32.random(in: 0..<0x7f7f, using: &random)
      let exact = high << 16
      #expect(bfloat(from: Float(bitPattern: exact)) == high)
      #expect(bfloat(from: Float(bitPattern: exact | 0x7fff)) == high)
      #expect(bfloat(from: Float(bitPattern: exact | 0x8000)) == high + high % 2)
      #expect(bfloat(from: Float(bitPattern: exact | 0x8001)) == high + 1)
    }
    #expect(bfloat(from: .greatestFiniteMagnitude) == 0x7f80)
    #expect(Float(bitPattern: UInt32(bfloat(from: .nan)) << 16).isNaN)
  }
}
