import Foundation

/// What fuzzing tests share: seeds and rounds, and values at the edges of what is expected.
///
/// A test makes `Mutations.rounds(1000)` changes, with one seed each, from `Mutations.firstSeed` on, which it prints when
/// something is found. `UNIFERENCE_FUZZ_SEED=N` begins at another seed and `UNIFERENCE_FUZZ_FACTOR=N` makes N times as
/// many rounds.
public enum Mutations {
  /// The seed of the first round.
  public static let firstSeed = number("UNIFERENCE_FUZZ_SEED") ?? 20_261_128

  /// The seeds of a test that makes so many rounds unless told otherwise.
  public static func rounds(_ count: Int) -> Range<UInt64> {
    firstSeed..<firstSeed + UInt64(count) * (number("UNIFERENCE_FUZZ_FACTOR") ?? 1)
  }

  /// The seeds of one of a test's blocks, which run side by side: from 0 on, or from `UNIFERENCE_FUZZ_SEED`.
  public static func seeds(ofBlock block: Int, each count: Int) -> Range<UInt64> {
    let first = (number("UNIFERENCE_FUZZ_SEED") ?? 0) + UInt64(block * count)
    return first..<first + UInt64(count)
  }

  private static func number(_ variable: String) -> UInt64? {
    ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) }
  }

  /// Numbers as texts: at the edges of types, of limits, and beyond.
  public static let numbers = [
    "0", "-0", "-1", "1", "2", "3", "0.5", "1e-9", "1e-320", "1e308", "-1e308", "1e309", "1e19", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "2147483647", "2147483648", "4294967296", "65535", "65536",
    "16777217",
    "1048576", "1e6", "1e12", "9158400", "9158401", "100000", "100001", "0.0000001", "1e-30", "NaN", "inf", "1_000",
    "0x10",
    "007", "1e", "--1", "3.14159", "1000000000000",
  ]

  /// Texts that are not what stands where they are put.
  public static let texts = [
    "", " ", "a", "null", "~", "true", "never", "none", "all", "single", "tensor=2", "pipeline=0",
    "\u{1B}[31mred\u{1B}[0m",
    "a\nb", "\t", "\u{0}", "\u{202E}", "💥", "é", "../../etc/passwd", "/dev/null", "{a: b}", "[1, 2]", "*a", "&a", "<<",
    "%s",
    String(repeating: "x", count: 5000), "host0->switch", "float16", "1 Gbps", "0.5 ms", "ring", "switch",
  ]

  /// The same numbers on every machine (SplitMix64; Steele et al., 2014).
  public struct Random: RandomNumberGenerator {
    private var state: UInt64

    /// A stream of a seed's own.
    public init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
