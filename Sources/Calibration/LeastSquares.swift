// Release builds of `rounded()` and friends call libm, which only these imports link.
import Foundation

/// Robust, weighted, nonlinear least squares within bounds.
///
/// Minimises the sum over residuals r_i, each in terms of its expected deviation, of
///
///     rho(r) = r^2 / 2              where |r| <= k s
///     rho(r) = k s (|r| - k s / 2)  beyond
///
/// by Levenberg and Marquardt's method on reweighted residuals, s being their deviation: 1 as expected, or more by their
/// median. So a residual that noise explains counts by its square, and an outlier pulls no harder the further out it
/// lies. The covariance is Huber's for regression (P. J. Huber, "Robust Statistics", 1981, section 7.6, equation 6.5):
///
///     K^2 [sum psi(r)^2 / (n - p)] / [mean psi'(r)]^2 (J^T J)^-1,  K = 1 + p/n (1 - m)/m,  m = mean psi'
///
/// Prior knowledge of a parameter is a residual that stays out of s and is never taken for an outlier.
struct LeastSquares {
  /// Huber's constant: 95% efficient where noise is normal.
  static let huber = 1.345

  /// A parameter to be found.
  struct Parameter {
    let start: Double
    let bounds: ClosedRange<Double>
    /// A change that matters, by which steps are measured.
    let scale: Double
    /// What is thought of it beforehand: a value and a standard deviation.
    var prior: (mean: Double, deviation: Double)?
  }

  let parameters: [Parameter]
  let residualCount: Int
  /// Whether a parameter (first) has a bearing on a residual (second); the derivatives of others are not computed.
  var affects: (Int, Int) -> Bool = { _, _ in true }
  /// Residuals with the given numbers at some values of the parameters.
  let residuals: (_ values: [Double], _ numbers: [Int]) throws -> [Double]
  var maximumIterations = 40
  /// Where else to begin, should the search end where much is left unexplained (``State/explainsMost``): what is minimised may
  /// have several valleys.
  var furtherStarts: [[Double]] = []

  /// - Throws: what ``residuals`` throws; a ``CalibrationFailure`` with fewer residuals than parameters.
  func solve(progress: (Int) -> Void = { _ in }) throws -> Solution {
    guard residualCount > parameters.count else {
      throw CalibrationFailure(
        "\(residualCount) figures are too few to find \(parameters.count) parameters; measure at more sizes")
    }
    var iterations = 0
    func count() {
      iterations += 1
      progress(iterations)
    }
    var best = try descend(from: parameters.map(\.start), progress: count)
    for start in furtherStarts where !best.explainsMost {
      let other = try descend(from: start, progress: count)
      if cost(of: other, scale: 1) < cost(of: best, scale: 1) { best = other }
    }
    return try Solution(self, best, iterations: iterations)
  }

  /// Goes down from some values until nothing is gained any more.
  private func descend(from start: [Double], progress: () -> Void) throws -> State {
    let all = Array(0..<residualCount)
    var state = State(values: start, residuals: try residuals(start, all))
    var damping = 1e-3
    for _ in 0..<maximumIterations {
      progress()
      let normal = try NormalEquations(self, at: state, scale: state.deviation)
      var hasImproved = false
      var gain = 0.0
      while damping < 1e9 {
        let values = bounded(state.values, moved: normal.step(damping: damping, self, at: state.values))
        let candidate = State(values: values, residuals: try residuals(values, all))
        let before = cost(of: state, scale: state.deviation)
        let after = cost(of: candidate, scale: state.deviation)
        if after < before {
          gain = (before - after) / max(before, 1e-12)
          state = candidate
          damping = max(damping / 10, 1e-9)
          hasImproved = true
          break
        }
        damping *= 10
      }
      if !hasImproved || gain < 1e-7 { break }
    }
    return state
  }

  /// Values and what they leave unexplained.
  struct State {
    var values: [Double]
    var residuals: [Double]

    /// A robust standard deviation of the residuals, at least what was expected: that half of them are fitted better does
    /// not make outliers of the others.
    var deviation: Double {
      let sorted = residuals.map(\.magnitude).sorted()
      return max(1.4826 * sorted[sorted.count / 2], 1)
    }

    /// Whether residuals deviate by no more than twice what is expected, and no more than an eighth of them are outliers.
    /// Where the search has ended in a wrong valley, what does not fit there may all be taken for outliers, and the rest be
    /// fitted well.
    var explainsMost: Bool {
      deviation <= 2 && 8 * residuals.count { $0.magnitude > 3 * deviation } <= residuals.count
    }
  }

  private func cost(of state: State, scale: Double) -> Double {
    let limit = Self.huber * scale
    let data = state.residuals.reduce(0) { sum, residual in
      let size = residual.magnitude
      return sum + (size <= limit ? size * size / 2 : limit * (size - limit / 2))
    }
    return zip(parameters, state.values).reduce(data) { sum, pair in
      guard let prior = pair.0.prior else { return sum }
      let distance = (pair.1 - prior.mean) / prior.deviation
      return sum + distance * distance / 2
    }
  }

  private func bounded(_ values: [Double], moved step: [Double]) -> [Double] {
    parameters.indices.map { index in
      min(max(values[index] + step[index], parameters[index].bounds.lowerBound), parameters[index].bounds.upperBound)
    }
  }

  /// Forward differences, backward where the bound is in the way.
  func jacobian(at state: State) throws -> [[Double]] {
    try parameters.indices.map { index in
      let parameter = parameters[index]
      let size = 1e-3 * max(parameter.scale, state.values[index].magnitude)
      let step = state.values[index] + size <= parameter.bounds.upperBound ? size : -size
      var values = state.values
      values[index] += step
      let numbers = (0..<residualCount).filter { affects(index, $0) }
      var column = [Double](repeating: 0, count: residualCount)
      for (number, residual) in zip(numbers, try residuals(values, numbers)) {
        column[number] = (residual - state.residuals[number]) / step
      }
      return column
    }
  }
}
