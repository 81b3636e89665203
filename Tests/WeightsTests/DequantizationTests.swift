import SimulationKernel
import TestSupport
import Testing
import Weights

/// The block formats of GGUF files against ``ReferenceDequantizer``, on seeded random blocks.
struct DequantizationTests {
  static let types = ReferenceDequantizer.sizes.keys.sorted()

  /// Blocks of random bits whose scales are numbers, of a size as in real files.
  static func randomBlocks(_ type: String, count: Int, seed: UInt64) -> [UInt8] {
    var random = RandomStream(seed: seed)
    let size = ReferenceDequantizer.sizes[type]!.bytes
    let halves: [Int] =
      switch type {
      case "Q4_0", "Q5_0", "Q8_0": [0]
      case "Q6_K": [208]
      default: [0, 2]
      }
    return (0..<count).flatMap { _ in
      var block = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      for place in halves {
        // Any sign, exponents up to 2^0, any fraction: subnormal numbers and zeros among them.
        let bits = UInt16.random(in: 0...0x3fff, using: &random) | UInt16.random(in: 0...1, using: &random) << 15
        block.replaceSubrange(place..<place + 2, with: bytes(of: bits))
      }
      return block
    }
  }

  @Test("Each element is what the format's description says", arguments: types, [UInt64(1), 2, 3])
  func elements(type: String, seed: UInt64) throws {
    let sizes = ReferenceDequantizer.sizes[type]!
    let (rows, blocksPerRow) = (5, 3)
    let stored = Self.randomBlocks(type, count: rows * blocksPerRow, seed: seed)
    let folder = try TemporaryFolder()
    let sample = StoredSample(name: "w", shape: [rows, blocksPerRow * sizes.elements], type: type, bytes: stored)
    let file = try openWeights(at: folder.write(GGUFWriter(samples: [sample]).file, to: "w.gguf"))

    #expect(try file.entry(named: "w").encoding.description == type)
    let values = try file.floats("w")
    let reference = ReferenceDequantizer(type: type)
    for (index, value) in values.enumerated() {
      let block = index / sizes.elements
      let expected = reference.element(
        index % sizes.elements, of: stored[block * sizes.bytes..<(block + 1) * sizes.bytes])
      // Float32 rounds where the description's exact products need more than 24 bits.
      let tolerance = 4 * Double(Float(abs(expected)).ulp) + 1e-9
      #expect(abs(Double(value) - expected) <= tolerance, "\(type), element \(index), seed \(seed)")
    }
  }

  @Test("A part of a quantised tensor is that part of the whole, also where it cuts blocks", arguments: types)
  func parts(type: String) throws {
    let sizes = ReferenceDequantizer.sizes[type]!
    let (rows, columns) = (6, 2 * sizes.elements)
    let stored = Self.randomBlocks(type, count: rows * 2, seed: 7)
    let folder = try TemporaryFolder()
    let samples = [StoredSample(name: "w", shape: [rows, columns], type: type, bytes: stored)]
    let file = try openWeights(at: folder.write(GGUFWriter(samples: samples).file, to: "w.gguf"))
    let whole = try file.floats("w")

    var random = RandomStream(seed: 11)
    for _ in 0..<50 {
      let part = WeightPart(rows: range(within: rows, &random), columns: range(within: columns, &random))
      let expected = part.rows!.flatMap { row in part.columns!.map { whole[row * columns + $0] } }
      #expect(try file.floats("w", part) == expected, "\(part)")
    }
  }

  private func range(within count: Int, _ random: inout RandomStream) -> Range<Int> {
    let start = Int.random(in: 0...count, using: &random)
    return start..<Int.random(in: start...count, using: &random)
  }
}
