import Foundation
import SimulationKernel
import Testing

@testable import Calibration

@Suite struct LeastSquaresTests {
  /// y = a + b x, measured at 40 places.
  private struct Line {
    static let xs = (0..<40).map { Double($0) / 10 }
    let ys: [Double]

    /// Noise of deviation 0.05, and every tenth value far off to one side.
    init(a: Double, b: Double, seed: UInt64) {
      var random = RandomStream(seed: seed, stream: 1)
      ys = Self.xs.enumerated().map { index, x in
        let outlier = index % 10 == 3 ? 5 * random.nextUnit() : 0
        return a + b * x + 0.05 * random.nextNormal() + outlier
      }
    }

    init(exactly ys: [Double]) { self.ys = ys }

    var problem: LeastSquares {
      LeastSquares(
        parameters: [
          .init(start: 0, bounds: -100...100, scale: 1), .init(start: 0, bounds: -100...100, scale: 1),
        ], residualCount: ys.count
      ) { values, numbers in numbers.map { (values[0] + values[1] * Self.xs[$0] - ys[$0]) / 0.05 } }
    }
  }

  @Test("exact data give their parameters back")
  func exactDataGiveTheirParametersBack() throws {
    let solution = try Line(exactly: Line.xs.map { 3 - 2 * $0 }).problem.solve()
    #expect(abs(solution.values[0] - 3) < 1e-6)
    #expect(abs(solution.values[1] + 2) < 1e-6)
  }

  /// Of intervals of 95%, some 95 in 100 hold the truth; fewer than 88 or all of 200 would be a mistake.
  @Test("intervals hold the truth as often as they say")
  func intervalsHoldTheTruthAsOftenAsTheySay() throws {
    var hits = 0
    for seed in 0..<100 as Range<UInt64> {
      let solution = try Line(a: 1.5, b: 0.7, seed: seed).problem.solve()
      for (index, truth) in [1.5, 0.7].enumerated() where solution.interval(of: index).contains(truth) { hits += 1 }
      #expect(abs(solution.values[1] - 0.7) < 0.1, "seed \(seed)")
    }
    #expect((176..<200).contains(hits))
  }

  @Test("outliers would have moved plain least squares")
  func outliersWouldHaveMovedPlainLeastSquares() throws {
    let line = Line(a: 1.5, b: 0.7, seed: 7)
    // The mean of y minus slope times the mean of x, with the true slope.
    let plain = line.ys.reduce(0, +) / 40 - 0.7 * Line.xs.reduce(0, +) / 40
    let robust = try line.problem.solve().values[0]
    #expect(abs(plain - 1.5) > 0.1)
    #expect(abs(robust - 1.5) < 0.1)
  }

  @Test("a bound is kept")
  func aBoundIsKept() throws {
    var problem = Line(exactly: Line.xs.map { -1 + 2 * $0 }).problem
    problem = LeastSquares(
      parameters: [
        .init(start: 1, bounds: 0...10, scale: 1), .init(start: 0, bounds: -100...100, scale: 1),
      ], residualCount: 40, residuals: problem.residuals)
    let solution = try problem.solve()
    #expect(solution.values[0] == 0)
    #expect(solution.values[1] > 1)
  }

  @Test("a parameter that nothing depends on stays as it was thought")
  func aParameterThatNothingDependsOnStaysAsItWasThought() throws {
    let line = Line(exactly: Line.xs.map { 3 - 2 * $0 })
    let problem = LeastSquares(
      parameters: [
        .init(start: 0, bounds: -100...100, scale: 1), .init(start: 0, bounds: -100...100, scale: 1),
        .init(start: 5, bounds: 0...100, scale: 1, prior: (mean: 5, deviation: 2)),
      ], residualCount: 40, residuals: line.problem.residuals)
    let solution = try problem.solve()
    #expect(abs(solution.values[2] - 5) < 1e-9)
    #expect(abs(solution.standardErrors[2] - 2) < 1e-9)
  }

  @Test("too few residuals are refused")
  func tooFewResidualsAreRefused() {
    let problem = LeastSquares(
      parameters: [.init(start: 0, bounds: -1...1, scale: 1)], residualCount: 1
    ) { values, numbers in
      numbers.map { _ in values[0] }
    }
    #expect(throws: CalibrationFailure.self) { try problem.solve() }
  }

  /// Quantiles from the table of Abramowitz and Stegun, 26.10.
  @Test("quantiles of Student's t", arguments: [(4, 2.776), (10, 2.228), (30, 2.042), (1000, 1.962)])
  func quantilesOfStudent(degrees: Int, quantile: Double) {
    #expect(abs(studentQuantile975(degreesOfFreedom: degrees) - quantile) < 0.01)
  }

  @Test("a matrix times its inverse is one")
  func aMatrixTimesItsInverseIsOne() throws {
    var random = RandomStream(seed: 11, stream: 1)
    let columns = (0..<5).map { _ in (0..<9).map { _ in random.nextUnit() - 0.5 } }
    let matrix = SymmetricMatrix(columns, weights: Array(repeating: 1, count: 9))
    let inverse = try #require(matrix.inverse)
    for row in 0..<5 {
      for column in 0..<5 {
        let element = (0..<5).reduce(0) { $0 + matrix[row, $1] * inverse[$1, column] }
        #expect(abs(element - (row == column ? 1 : 0)) < 1e-9)
      }
    }
  }
}

extension RandomStream {
  /// A number from the standard normal distribution (Box and Muller).
  mutating func nextNormal() -> Double {
    let radius = (-2 * log(1 - nextUnit())).squareRoot()
    return radius * cos(2 * .pi * nextUnit())
  }
}
