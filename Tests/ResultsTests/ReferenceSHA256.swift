/// SHA-256 step by step as FIPS 180-4 section 6.2 has it; the constants are the fractional parts of roots of primes
/// (sections 4.2.2 and 5.3.3), computed here.
func referenceSHA256(_ message: [UInt8]) -> String {
  let primes = (2...311).filter { candidate in !(2..<candidate).contains { candidate % $0 == 0 } }
  let constants = primes.prefix(64).map { fractionOfRoot(of: $0, degree: 3) }
  var hash = primes.prefix(8).map { fractionOfRoot(of: $0, degree: 2) }
  var padded = message + [0x80]
  while padded.count % 64 != 56 { padded.append(0) }
  padded += (0..<8).map { UInt8(truncatingIfNeeded: (message.count * 8) >> (56 - 8 * $0)) }
  for block in stride(from: 0, to: padded.count, by: 64) {
    var words = (0..<16).map { word in
      (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(padded[block + 4 * word + $1]) }
    }
    for t in 16..<64 {
      let s0 = rotated(words[t - 15], 7) ^ rotated(words[t - 15], 18) ^ words[t - 15] >> 3
      let s1 = rotated(words[t - 2], 17) ^ rotated(words[t - 2], 19) ^ words[t - 2] >> 10
      words.append(words[t - 16] &+ s0 &+ words[t - 7] &+ s1)
    }
    var v = hash
    for t in 0..<64 {
      let choice = v[4] & v[5] ^ ~v[4] & v[6]
      let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
      let s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25)
      let s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22)
      let first = v[7] &+ s1 &+ choice &+ constants[t] &+ words[t]
      v = [first &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
    }
    for index in 0..<8 { hash[index] &+= v[index] }
  }
  return hash.map { word in
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }.joined()
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

/// The first 32 fractional bits of a root: the largest `x` with `x^degree <= prime * 2^(32 degree)`, modulo 2^32.
private func fractionOfRoot(of prime: Int, degree: Int) -> UInt32 {
  let target = UInt128(prime) << (32 * UInt128(degree))
  var root: UInt128 = 0
  for bit in (0..<40).reversed() {
    let candidate = root | 1 << UInt128(bit)
    let (squared, cubed) = (candidate * candidate, degree == 3)
    if cubed ? squared <= target / candidate : squared <= target { root = candidate }
  }
  return UInt32(truncatingIfNeeded: root)
}
