import Quantities
import SimulationKernel

/// When requests arrive.
public enum ArrivalProcess: Hashable, Sendable {
  /// At random, independently of each other, so many in a second.
  case poisson(rate: Double)
  /// Gaps of a gamma distribution: so many requests in a second, with a coefficient of variation of the gaps. 1 is Poisson,
  /// more comes in bursts.
  case gamma(rate: Double, variation: Double)
  /// At equal distances, so many in a second.
  case constant(rate: Double)
  /// So many at once, again after each interval.
  case burst(size: Int, interval: Duration)
  /// So many users, each of whom asks again as soon as the answer is there.
  case closedLoop(concurrency: Int)
  /// As a trace says, so much faster.
  case trace(speed: Double)

  /// Requests in a second, where that does not depend on the engine or a trace.
  public var rate: Double? {
    switch self {
    case .poisson(let rate), .gamma(let rate, _), .constant(let rate): rate
    case .burst(let size, let interval): Double(size) / interval.inSeconds
    case .closedLoop, .trace: nil
    }
  }

  /// The time between two requests, the second of which has a number from 1 on; `nil` where that is not for the process to
  /// say.
  func gap(before number: Int, _ random: inout RandomStream) -> Int64? {
    switch self {
    case .poisson(let rate): Picoseconds.nearest(seconds: random.nextExponential() / rate)
    case .gamma(let rate, let variation):
      Picoseconds.nearest(seconds: random.nextGamma(shape: 1 / (variation * variation)) / rate)
    case .constant(let rate): Picoseconds.nearest(seconds: 1 / rate)
    case .burst(let size, let interval): number % size == 0 ? interval.picoseconds : 0
    case .closedLoop, .trace: nil
    }
  }
}
