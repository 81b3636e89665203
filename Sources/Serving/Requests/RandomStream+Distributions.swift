import Foundation
import SimulationKernel

extension RandomStream {
  /// A number of the exponential distribution of mean 1.
  mutating func nextExponential() -> Double { -log(1 - nextUnit()) }

  /// A number of the normal distribution of mean 0 and variance 1 (Box and Muller, 1958).
  mutating func nextNormalDeviate() -> Double {
    let radius = (2 * nextExponential()).squareRoot()
    return radius * cos(2 * Double.pi * nextUnit())
  }

  /// A number of the gamma distribution of a shape and mean 1 (Marsaglia and Tsang, 2000).
  mutating func nextGamma(shape: Double) -> Double {
    // Γ(shape) = Γ(shape + 1) · U^(1/shape).
    guard shape >= 1 else {
      let boosted = nextGamma(shape: shape + 1) * (shape + 1)
      return boosted * pow(1 - nextUnit(), 1 / shape) / shape
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = nextNormalDeviate()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let v = root * root * root
      let u = 1 - nextUnit()
      if log(u) < 0.5 * x * x + d - d * v + d * log(v) { return d * v / shape }
    }
  }
}
