import Foundation
import SimulationKernel

/// How long prompts or outputs are, in tokens.
public enum LengthDistribution: Hashable, Sendable {
  /// All equally long.
  case fixed(Int)
  /// The logarithm is normal; half are longer than the median, one in twenty longer than the 95th percentile.
  case lognormal(median: Double, p95: Double)
  /// Every length of a range is equally likely.
  case uniform(ClosedRange<Int>)
  /// As the trace says.
  case trace

  /// The longest that is drawn.
  public static let longest = 10_000_000

  /// The 95th percentile of the normal distribution.
  private static let z95 = 1.6448536269514722

  /// A length, at least 1; 1 where the trace would say it.
  func sample(_ random: inout RandomStream) -> Int {
    switch self {
    case .fixed(let length): return length
    case .lognormal(let median, let p95):
      let deviation = log(p95 / median) / Self.z95
      let length = median * exp(deviation * random.nextNormalDeviate())
      return min(max(1, Int(length.rounded())), Self.longest)
    case .uniform(let range): return Int.random(in: range, using: &random)
    case .trace: return 1
    }
  }
}
