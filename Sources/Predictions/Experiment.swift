import Models
import Serving
import Simulation
import Uniference

/// A workload and a strategy, to be run on a cluster.
///
///     let experiment = Experiment(
///       modelName: "llama-3.2-1b", workload: TextGeneration(model: model, shape: shape), strategy: .tensor(2),
///       cluster: cluster)
///     let prediction = try experiment.predict()
///     print(prediction[.timeToFirstToken] ?? 0)
public struct Experiment: Sendable {
  /// What reports call the model.
  public var modelName: String
  /// The model and what is asked of it.
  public var workload: any Workload
  /// How it is spread.
  public var strategy: ParallelStrategy
  /// Where it runs.
  public var cluster: Cluster
  /// The devices that play the strategy's parts; `nil` for those with which it does best.
  package var placement: DevicePlacement?
  /// What unequal shares go by; `nil` for ``relativeSpeeds``.
  var speeds: [Double]?

  /// An experiment; it is checked when it is validated or run.
  public init(modelName: String, workload: any Workload, strategy: ParallelStrategy, cluster: Cluster) {
    self.modelName = modelName
    self.workload = workload
    self.strategy = strategy
    self.cluster = cluster
  }

  /// - Throws: what keeps the strategy from suiting the model, the workload or the number of devices.
  public func validate() throws {
    if let obstacle = workload.obstacle(on: cluster) { throw WorkloadError(rule: obstacle) }
    _ = try workload.makeRun(strategy, speeds: relativeSpeeds)
  }

  /// Simulates the experiment. A strategy that does not fit in memory is a result, not an error.
  ///
  /// Where devices are unequal, ways to choose and order the strategy's are tried, and the best one is predicted: the order
  /// in which the cluster lists its devices does not matter, unless it is a part of the network.
  ///
  /// - Throws: `StrategyError` when the strategy does not suit the model or the cluster; ``RunFailure``.
  public func predict(options: SimulationOptions = SimulationOptions()) throws -> Prediction {
    var options = options
    let (placement, tried) = try chosenPlacement(&options)
    return try predict(on: placement, tried: tried, options: options)
  }

  /// - Parameter tried: how many placements have been tried; `nil` in such a trial itself.
  package func predict(on placement: DevicePlacement, tried: Int?, options: SimulationOptions) throws -> Prediction {
    let speeds = speeds ?? relativeSpeeds
    let run = try workload.makeRun(
      strategy, speeds: workload.deviceCount(strategy) > speeds.count ? speeds : placement.ranks.map { speeds[$0] })
    let simulate = { (cluster: Cluster, options: SimulationOptions) in
      try World.simulate(cluster, options: options) { rank in
        guard let context = try await placement.context(of: rank) else { return }
        try await run.run(in: context, on: rank)
      }
    }
    do {
      return Prediction(self, on: placement, tried: tried, try simulate(cluster, options), run, options)
    } catch let failure as RunFailure {
      if let shortage = failure.programError as? NoRoomForCache {
        return Prediction(
          self, on: placement, tried: tried, unfit: "\(shortage)", peak: (shortage.deviceName, 0),
          record: failure.recordPath, nil, options)
      }
      guard let shortage = failure.outOfMemory else { throw failure }
      let needs = try tried.map { _ in try memoryNeeds(on: placement, options: options, simulate: simulate) }
      return Prediction(
        self, on: placement, tried: tried, unfit: "\(shortage)", peak: (shortage.deviceName, shortage.peak),
        record: failure.recordPath, needs, options)
    }
  }

  /// How fast each device would do the whole workload alone, by its roofline: what unequal shares go by.
  public var relativeSpeeds: [Double] {
    let (passes, elementType) = (workload.passes, workload.elementType)
    return cluster.devices.map { device in
      let work = passes.reduce(0) { sum, pass in
        sum + Double(pass.count)
          * Double(device.picoseconds(of: pass.cost, elementType: elementType, operations: pass.operations))
      }
      return work > 0 ? device.sustainedSpeed / work : 1
    }
  }
}
