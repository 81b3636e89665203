import SHA256Instructions

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
///
/// Written out here because the package that offers it, swift-crypto, compiles all of BoringSSL: three of the five
/// minutes of a first build, for one digest that guards nothing secret. Uses the processor's own instructions where it has
/// them (x86-64), which makes it several times faster. Linear in the number of bytes; nothing is allocated after
/// initialisation.
package struct SHA256 {
  private static let blockByteCount = 64

  private var state: SIMD8<UInt32> = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes of a block that is not full yet.
  private var partial: [UInt8] = []
  private var byteCount: UInt64 = 0

  /// Whether the processor's instructions are used.
  private let usesInstructions: Bool

  private static let hasInstructions = sha256_has_instructions()

  /// - Parameter usesInstructions: whether the processor's instructions are used, where it has them.
  package init(usesInstructions: Bool = true) {
    self.usesInstructions = usesInstructions && Self.hasInstructions
    partial.reserveCapacity(2 * Self.blockByteCount)
  }

  /// Appends bytes to the message.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    byteCount &+= UInt64(bytes.count)
    var rest = bytes[...]
    if !partial.isEmpty {
      let taken = rest.prefix(Self.blockByteCount - partial.count)
      partial.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      guard partial.count == Self.blockByteCount else { return }
      compressPartial()
    }
    let whole = rest.count / Self.blockByteCount * Self.blockByteCount
    compress(UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
    partial.append(contentsOf: rest.dropFirst(whole))
  }

  /// The digest of the message so far, as lowercase hexadecimal digits. The message may go on afterwards.
  package func hexadecimalDigest() -> String {
    var last = self
    last.partial.append(0x80)
    let zeros = (2 * Self.blockByteCount - 8 - last.partial.count) % Self.blockByteCount
    last.partial.append(contentsOf: repeatElement(0, count: zeros))
    withUnsafeBytes(of: (8 &* byteCount).bigEndian) { last.partial.append(contentsOf: $0) }
    last.compressPartial()
    return (0..<8).map { word in
      let digits = String(last.state[word], radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private mutating func compressPartial() {
    let blocks = partial
    blocks.withUnsafeBytes { compress($0) }
    partial.removeAll(keepingCapacity: true)
  }

  /// For as many blocks as the bytes hold.
  private mutating func compress(_ bytes: UnsafeRawBufferPointer) {
    guard usesInstructions, let start = bytes.bindMemory(to: UInt8.self).baseAddress else {
      return compressByRounds(bytes)
    }
    Self.constants.withUnsafeBufferPointer { constants in
      withUnsafeMutableBytes(of: &state) { state in
        sha256_compress(
          state.assumingMemoryBound(to: UInt32.self).baseAddress, constants.baseAddress, start,
          bytes.count / Self.blockByteCount)
      }
    }
  }

  /// Section 6.2.2. The message schedule is a ring of 16 words.
  private mutating func compressByRounds(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { schedule in
      Self.constants.withUnsafeBufferPointer { constants in
        for start in stride(from: 0, to: bytes.count, by: Self.blockByteCount) {
          for word in 0..<16 {
            schedule[word] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * word, as: UInt32.self))
          }
          var (a, b, c, d) = (state[0], state[1], state[2], state[3])
          var (e, f, g, h) = (state[4], state[5], state[6], state[7])
          for round in 0..<64 {
            let slot = round & 15
            if round >= 16 {
              let (early, late) = (schedule[(round + 1) & 15], schedule[(round + 14) & 15])
              schedule[slot] =
                schedule[slot] &+ schedule[(round + 9) & 15] &+ (rotated(early, 7) ^ rotated(early, 18) ^ early >> 3)
                &+ (rotated(late, 17) ^ rotated(late, 19) ^ late >> 10)
            }
            let first =
              h &+ (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) &+ (e & f ^ ~e & g) &+ constants[round]
              &+ schedule[slot]
            let second = (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
          }
          state &+= SIMD8(a, b, c, d, e, f, g, h)
        }
      }
    }
  }

  /// The first 32 fractional bits of the cube roots of the first 64 primes (section 4.2.2).
  private static let constants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}

private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }
