/// The linear problem of one step: (J^T W J) step = - J^T W r, with a prior's curvature and slope added.
struct NormalEquations {
  /// Columns of derivatives, one for each parameter.
  let jacobian: [[Double]]
  private let curvature: SymmetricMatrix
  private let slope: [Double]

  init(_ problem: LeastSquares, at state: LeastSquares.State, scale: Double) throws {
    let jacobian = try problem.jacobian(at: state)
    let limit = LeastSquares.huber * scale
    let weights = state.residuals.map { min(1, limit / max($0.magnitude, 1e-300)) }
    var curvature = SymmetricMatrix(jacobian, weights: weights)
    var slope = jacobian.map { column in
      column.indices.reduce(0) { $0 + column[$1] * weights[$1] * state.residuals[$1] }
    }
    for (index, parameter) in problem.parameters.enumerated() {
      guard let prior = parameter.prior else { continue }
      curvature[index, index] += 1 / (prior.deviation * prior.deviation)
      slope[index] += (state.values[index] - prior.mean) / (prior.deviation * prior.deviation)
    }
    self.jacobian = jacobian
    self.curvature = curvature
    self.slope = slope
  }

  /// The step to take, more cautious with more damping. Parameters that stand at a bound and would leave it stay.
  func step(damping: Double, _ problem: LeastSquares, at values: [Double]) -> [Double] {
    let free = values.indices.filter { index in
      let bounds = problem.parameters[index].bounds
      return !(values[index] <= bounds.lowerBound && slope[index] > 0)
        && !(values[index] >= bounds.upperBound && slope[index] < 0)
    }
    var reduced = curvature.part(free)
    for index in free.indices {
      let scale = problem.parameters[free[index]].scale
      // What nothing depends on stays where it is.
      reduced[index, index] += damping * max(reduced[index, index], 1e-12 / (scale * scale))
    }
    var step = [Double](repeating: 0, count: values.count)
    guard let solution = reduced.solution(of: free.map { -slope[$0] }) else { return step }
    for (index, value) in zip(free, solution) { step[index] = value }
    return step
  }
}

/// A small symmetric matrix.
struct SymmetricMatrix {
  let size: Int
  private var elements: [Double]

  /// Zero everywhere.
  init(size: Int) {
    self.size = size
    elements = Array(repeating: 0, count: size * size)
  }

  /// J^T W J for columns of J and the diagonal of W.
  init(_ columns: [[Double]], weights: [Double]) {
    self.init(size: columns.count)
    for row in 0..<size {
      for column in row..<size {
        var sum = 0.0
        for index in weights.indices { sum += columns[row][index] * weights[index] * columns[column][index] }
        self[row, column] = sum
        self[column, row] = sum
      }
    }
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }

  /// The rows and columns with the given numbers.
  func part(_ numbers: [Int]) -> SymmetricMatrix {
    var part = SymmetricMatrix(size: numbers.count)
    for row in numbers.indices {
      for column in numbers.indices { part[row, column] = self[numbers[row], numbers[column]] }
    }
    return part
  }

  /// x of A x = b by Cholesky's method on the matrix with ones on its diagonal; `nil` unless it is positive definite.
  func solution(of right: [Double]) -> [Double]? {
    guard let factor = scaledFactor() else { return nil }
    let (lower, scales) = factor
    var x = right.indices.map { right[$0] * scales[$0] }
    for row in 0..<size {
      for column in 0..<row { x[row] -= lower[row, column] * x[column] }
      x[row] /= lower[row, row]
    }
    for row in (0..<size).reversed() {
      for column in row + 1..<max(size, row + 1) { x[row] -= lower[column, row] * x[column] }
      x[row] /= lower[row, row]
    }
    return x.indices.map { x[$0] * scales[$0] }
  }

  /// The inverse; `nil` unless the matrix is positive definite.
  var inverse: SymmetricMatrix? {
    var inverse = SymmetricMatrix(size: size)
    for column in 0..<size {
      var unit = [Double](repeating: 0, count: size)
      unit[column] = 1
      guard let solution = solution(of: unit) else { return nil }
      for row in 0..<size { inverse[row, column] = solution[row] }
    }
    return inverse
  }

  private func scaledFactor() -> (SymmetricMatrix, [Double])? {
    guard (0..<size).allSatisfy({ self[$0, $0] > 0 }) else { return nil }
    let scales = (0..<size).map { 1 / self[$0, $0].squareRoot() }
    var lower = SymmetricMatrix(size: size)
    for row in 0..<size {
      for column in 0...row {
        var sum = self[row, column] * scales[row] * scales[column]
        for index in 0..<column { sum -= lower[row, index] * lower[column, index] }
        if row == column {
          guard sum > 1e-14 else { return nil }
          lower[row, row] = sum.squareRoot()
        } else {
          lower[row, column] = sum / lower[column, column]
        }
      }
    }
    return (lower, scales)
  }
}
