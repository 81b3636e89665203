import SimulationKernel
import Uniference

extension Experiment {
  /// The placement to use: the given one, the only one, or the one of those worth trying that a trial found best. Trials
  /// leave no files and compute no values.
  ///
  /// - Returns: the placement, and how many have been tried.
  func chosenPlacement(_ options: inout SimulationOptions) throws -> (placement: DevicePlacement, tried: Int) {
    if let placement { return (placement, 1) }
    let candidates = try candidates()
    guard candidates.count > 1 else { return (candidates[0], 1) }
    let progress = options.progress
    let runs = Double(candidates.count + 1)
    var best: (placement: DevicePlacement, merit: [Double])?
    for (index, candidate) in candidates.enumerated() {
      let trial = options.trial { progress?((Double(index) + $0) / runs) }
      guard let merit = try merit(of: candidate, trial) else { continue }
      if best.map({ $0.merit.lexicographicallyPrecedes(merit) }) ?? true { best = (candidate, merit) }
    }
    options.progress = { progress?((runs - 1 + $0) / runs) }
    // Where nothing fits, the first one shows what is missing.
    return (best?.placement ?? candidates[0], candidates.count)
  }

  /// The placements worth trying, the most promising first.
  package func candidates() throws -> [DevicePlacement] {
    let count = workload.deviceCount(strategy)
    // Replicas are on the cluster's devices in their order.
    guard count == strategy.deviceCount else { return [DevicePlacement(first: min(count, cluster.devices.count))] }
    return try PlacementCandidates(cluster: cluster, speeds: relativeSpeeds).placements(of: strategy)
  }

  /// - Returns: `nil` for a placement with which the strategy does not come to its end.
  private func merit(of placement: DevicePlacement, _ options: SimulationOptions) throws -> [Double]? {
    do {
      return try predict(on: placement, tried: nil, options: options).merit
    } catch let failure as RunFailure where !failure.isInterruption {
      return nil
    }
  }
}

extension SimulationOptions {
  /// The same simulation without what it leaves behind, and without values.
  func trial(progress: @escaping (Double) -> Void) -> SimulationOptions {
    var trial = self
    trial.recordPath = nil
    trial.tracePath = nil
    trial.values = nil
    trial.usesMemoisedTiming = true
    trial.progress = progress
    if case .measured = kernelTimes { trial.kernelTimes = .described }
    return trial
  }
}
