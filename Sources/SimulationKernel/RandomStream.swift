import Foundation

/// A seeded stream of random numbers, the same on every machine: xoshiro256** (Blackman and Vigna, 2018), its state
/// filled by SplitMix64.
///
/// Streams of one seed with different numbers are independent, so that a process draws the same numbers whatever
/// the others do.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// The stream of that number under a seed.
  public init(seed: UInt64, stream: UInt64 = 0) {
    var mixer = SplitMix64(state: seed ^ (stream &* 0xD1B5_4A32_D192_ED03))
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let product = state.1 &* 5
    let result = ((product << 7) | (product >> 57)) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = (state.3 << 45) | (state.3 >> 19)
    return result
  }

  /// A number in `0 ..< 1` with 53 random bits.
  public mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// How many of `count` independent trials succeed. O(1 + count x probability) up to a million expected successes: skips
  /// from success to success by geometric steps (Devroye, 1986, X.4). Beyond them O(1), by the normal distribution of
  /// the same mean and variance, from which it then differs by less than a thousandth of its deviation.
  public mutating func nextBinomial(count: Int, probability: Double) -> Int {
    guard count > 0, probability > 0 else { return 0 }
    guard probability < 1 else { return count }
    let mean = Double(count) * probability
    if mean > 1e6 {
      let deviation = (mean * (1 - probability)).squareRoot() * nextNormal()
      return Int(min(max(0, (mean + deviation).rounded()), Double(count).nextDown))
    }
    let scale = 1 / log1p(-probability)
    var successes = 0
    var position = 0.0
    while true {
      position += (log(1 - nextUnit()) * scale).rounded(.down) + 1
      guard position <= Double(count) else { return successes }
      successes += 1
    }
  }
}

extension RandomStream {
  /// A number of the normal distribution of mean 0 and variance 1 (Box and Muller, 1958).
  private mutating func nextNormal() -> Double {
    let radius = (-2 * log(1 - nextUnit())).squareRoot()
    return radius * cos(2 * Double.pi * nextUnit())
  }
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
