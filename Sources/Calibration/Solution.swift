extension LeastSquares {
  /// What was found.
  struct Solution {
    /// The parameters' values.
    let values: [Double]
    /// Their standard errors; infinite where the residuals do not depend on a parameter and nothing was known before.
    let standardErrors: [Double]
    /// What remains unexplained, in terms of the expected deviations.
    let residuals: [Double]
    /// The residuals' robust standard deviation: 1 where they are no larger than expected.
    let deviation: Double
    let degreesOfFreedom: Int
    let iterations: Int

    init(_ problem: LeastSquares, _ state: State, iterations: Int) throws {
      values = state.values
      residuals = state.residuals
      deviation = state.deviation
      self.iterations = iterations
      degreesOfFreedom = problem.residualCount - problem.parameters.count
      let jacobian = try problem.jacobian(at: state)
      var information = SymmetricMatrix(jacobian, weights: Array(repeating: 1, count: problem.residualCount))
      let variance = Self.variance(of: residuals, scale: state.deviation, parameterCount: problem.parameters.count)
      for index in 0..<information.size {
        for other in 0..<information.size { information[index, other] /= variance }
      }
      for (index, parameter) in problem.parameters.enumerated() {
        if let prior = parameter.prior { information[index, index] += 1 / (prior.deviation * prior.deviation) }
      }
      standardErrors = Self.standardErrors(information)
    }

    /// Huber's factor before (J^T J)^-1.
    private static func variance(of residuals: [Double], scale: Double, parameterCount: Int) -> Double {
      let limit = huber * scale
      let count = Double(residuals.count)
      let inside = max(1, residuals.filter { $0.magnitude <= limit }.count)
      let share = Double(inside) / count
      let spread = residuals.reduce(0) { $0 + min($1 * $1, limit * limit) }
      let correction = 1 + Double(parameterCount) / count * (1 - share) / share
      // Exact data leave a little, so that it can be divided by.
      return max(correction * correction * spread / (count - Double(parameterCount)) / (share * share), 1e-9)
    }

    /// Parameters that nothing depends on are left out, or the others could not be told either.
    private static func standardErrors(_ information: SymmetricMatrix) -> [Double] {
      let known = (0..<information.size).filter { information[$0, $0] > 0 }
      var errors = [Double](repeating: .infinity, count: information.size)
      guard let covariance = information.part(known).inverse else { return errors }
      for (position, index) in known.enumerated() { errors[index] = covariance[position, position].squareRoot() }
      return errors
    }

    /// The interval in which a parameter lies with a probability of 95%.
    func interval(of index: Int) -> ClosedRange<Double> {
      let reach = studentQuantile975(degreesOfFreedom: degreesOfFreedom) * standardErrors[index]
      return (values[index] - reach)...(values[index] + reach)
    }
  }
}

/// The 97.5% quantile of Student's t, by Cornish and Fisher's expansion (Abramowitz and Stegun, 26.7.5); within 0.5% from
/// four degrees of freedom on.
func studentQuantile975(degreesOfFreedom: Int) -> Double {
  let z = 1.959964
  let n = Double(max(1, degreesOfFreedom))
  let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z)
  let second = (5 * z5 + 16 * z3 + 3 * z) / 96
  let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
  return z + (z3 + z) / (4 * n) + second / (n * n) + third / (n * n * n)
}
