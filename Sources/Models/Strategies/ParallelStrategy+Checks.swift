extension ParallelStrategy {
  /// The speeds of the devices that compute: the first ones of the cluster.
  ///
  /// - Throws: for degrees that are not positive, for more devices than there are, and for speeds that are none.
  func usedSpeeds(of speeds: [Double]) throws(StrategyError) -> [Double] {
    for (name, degree) in degrees where degree < 1 {
      throw StrategyError("\(self)", "\(name) = \(degree) must be a positive integer")
    }
    guard deviceCount <= speeds.count else {
      throw StrategyError("\(self)", "needs \(deviceCount) devices, the cluster has \(speeds.count)")
    }
    if let slow = speeds.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw StrategyError("\(self)", "a device's speed is \(slow), it must be a positive number")
    }
    return Array(speeds.prefix(deviceCount))
  }

  private var degrees: [(String, Int)] {
    switch self {
    case .grid(let tensor, let pipeline, let microbatches):
      [("tensor", tensor), ("pipeline", pipeline), ("microbatches", microbatches)]
    case .sequence(let degree, _): [("sequence", degree)]
    case .towers: []
    }
  }
}
