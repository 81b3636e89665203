/// A function given by points, linear between them and constant beyond the first and the last.
public struct PiecewiseLinear: Hashable, Sendable {
  /// One point of the function.
  public struct Point: Hashable, Sendable {
    /// Where it is.
    public var x: Double
    /// The value there.
    public var y: Double

    /// The value `y` at `x`.
    public init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  private let points: [Point]

  /// The same value everywhere.
  public init(constant: Double) { points = [Point(x: 0, y: constant)] }

  /// - Throws: when there is no point or their x do not rise.
  public init(points: [Point]) throws(NetworkError) {
    guard !points.isEmpty else { throw .shape("a piecewise linear function needs at least one point") }
    guard zip(points, points.dropFirst()).allSatisfy({ $0.x < $1.x }) else {
      throw .shape("the points of a piecewise linear function must rise in x")
    }
    self.points = points
  }

  /// The value at `x`. O(points).
  public func callAsFunction(_ x: Double) -> Double {
    guard points.count > 1, x > points[0].x else { return points[0].y }
    for (left, right) in zip(points, points.dropFirst()) where x <= right.x {
      return left.y + (right.y - left.y) * (x - left.x) / (right.x - left.x)
    }
    return points[points.count - 1].y
  }
}
