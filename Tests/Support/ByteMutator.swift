/// Changes bytes of a binary file or frame: bits, numbers of one to eight bytes, pieces left out, doubled or moved, ends cut
/// off.
public struct ByteMutator {
  private var random: Mutations.Random

  /// A mutator that makes the same changes whenever it is made with the same seed.
  public init(seed: UInt64) { random = Mutations.Random(seed: seed) }

  /// The bytes with one to eight changes.
  public mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...8, using: &random) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard let place = bytes.indices.randomElement(using: &random) else {
      bytes = (0..<Int.random(in: 0...9, using: &random)).map { _ in .random(in: 0...255, using: &random) }
      return
    }
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes[place] = .random(in: 0...255, using: &random)
    case 3, 4: overwrite(&bytes, at: place)
    case 5: bytes.removeSubrange(place..<min(bytes.count, place + .random(in: 1...16, using: &random)))
    case 6:
      let piece = Array(bytes[place..<min(bytes.count, place + .random(in: 1...16, using: &random))])
      bytes.insert(contentsOf: piece, at: bytes.indices.randomElement(using: &random) ?? 0)
    default: if Int.random(in: 0..<4, using: &random) == 0 { bytes.removeSubrange(place...) }
    }
  }

  /// Writes a number that is at some edge, of one, two, four or eight bytes, little-endian.
  private mutating func overwrite(_ bytes: inout [UInt8], at place: Int) {
    let width = [1, 2, 4, 8].randomElement(using: &random) ?? 1
    let edges: [UInt64] = [
      0, 1, 2, 7, 255, 256, 65_535, 1 << 20, 1 << 24, UInt64(Int32.max), 1 << 31, 1 << 32, 1 << 40, 1 << 48, 1 << 60,
      UInt64(Int64.max), 1 << 63, .max, Double.nan.bitPattern, Double.infinity.bitPattern, (-1.0).bitPattern,
      (1e308).bitPattern,
    ]
    let value = edges.randomElement(using: &random) ?? 0
    for index in 0..<width where place + index < bytes.count {
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }
}
