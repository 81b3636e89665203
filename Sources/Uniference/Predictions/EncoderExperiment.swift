import Models
import Quantities
import Simulation

/// An encoder, a strategy and inputs, to be run on a cluster.
public struct EncoderExperiment: Sendable {
  /// What reports call the model.
  public var modelName: String
  /// The model and what is asked of it.
  public var task: EncoderTask
  /// How it is spread.
  public var strategy: ParallelStrategy
  /// Where it runs.
  public var cluster: Cluster
  /// The devices that play the strategy's parts; `nil` for those with which it does best.
  var placement: DevicePlacement?

  /// An experiment; it is checked when it is validated or run.
  public init(modelName: String, task: EncoderTask, strategy: ParallelStrategy, cluster: Cluster) {
    self.modelName = modelName
    self.task = task
    self.strategy = strategy
    self.cluster = cluster
  }

  /// - Throws: what keeps the strategy from suiting the model, the workload or the number of devices.
  public func validate() throws { _ = try makeProgram(speeds: relativeSpeeds) }

  /// Simulates the experiment. A strategy that does not fit in memory is a result, not an error.
  ///
  /// Where devices are unequal, ways to choose and order the strategy's are tried, and the best one is predicted.
  ///
  /// - Throws: `StrategyError` when the strategy does not suit the model or the cluster; ``RunFailure``.
  public func predict(options: SimulationOptions = SimulationOptions()) throws -> EncoderPrediction {
    var options = options
    let (placement, tried) = try chosenPlacement(&options)
    return try predict(on: placement, tried: tried, options: options)
  }

  /// - Parameter tried: how many placements have been tried; `nil` in such a trial itself.
  fileprivate func predict(on placement: DevicePlacement, tried: Int?, options: SimulationOptions) throws
    -> EncoderPrediction
  {
    let speeds = relativeSpeeds
    let program = try makeProgram(
      speeds: strategy.deviceCount > speeds.count ? speeds : placement.ranks.map { speeds[$0] })
    let outcomes = EncodingCollector()
    let run = { (cluster: Cluster, options: SimulationOptions) in
      try World.simulate(cluster, options: options) { rank in
        guard let context = try await placement.context(of: rank) else { return }
        outcomes.add(try await program(context))
      }
    }
    do {
      let report = try run(cluster, options)
      return EncoderPrediction(self, on: placement, tried: tried, report, outcomes.encoding, options)
    } catch let failure as RunFailure {
      guard let shortage = failure.outOfMemory else { throw failure }
      let needs = try tried.map { _ in try memoryNeeds(on: placement, of: cluster, options: options, run: run) }
      return EncoderPrediction(
        self, on: placement, tried: tried, unfit: shortage, record: failure.recordPath, needs, options)
    }
  }

  private func makeProgram(speeds: [Double]) throws -> @Sendable (ModelContext) async throws -> EncodingOutcome {
    switch task {
    case .sentences(let model, let workload, let input, let normalizes):
      let program = try SentenceProgram(
        configuration: model, strategy: strategy, workload: workload, speeds: speeds, input: input,
        normalizes: normalizes)
      return { try await program.run(in: $0) }
    case .imagesAndTexts(let model, let workload, let input):
      let program = try CLIPProgram(
        configuration: model, strategy: strategy, workload: workload, deviceCount: speeds.count, input: input)
      return { try await program.run(in: $0) }
    }
  }

  /// How fast each device would do the whole task alone, by its roofline: what unequal shares go by.
  var relativeSpeeds: [Double] {
    let cost = task.cost
    return cluster.devices.map { device in
      let work = Double(
        device.computeModel.picoseconds(
          of: OperationCost(flops: cost.flops, bytesRead: cost.bytesRead, bytesWritten: 0),
          elementType: cost.elementType))
      return work > 0 ? device.sustainedSpeed / work : 1
    }
  }
}

extension EncoderExperiment: PlacedExperiment {
  func candidates() throws -> [DevicePlacement] {
    try PlacementCandidates(cluster: cluster, speeds: relativeSpeeds).placements(of: strategy)
  }

  func predict(on placement: DevicePlacement, options: SimulationOptions) throws -> EncoderPrediction {
    try predict(on: placement, tried: nil, options: options)
  }
}

/// Takes the outcome of a rank that knows all embeddings.
///
/// Sendable without checks because ranks run one at a time on one thread.
private final class EncodingCollector: @unchecked Sendable {
  private(set) var encoding: EncodingOutcome?

  func add(_ outcome: EncodingOutcome) {
    if encoding == nil, !outcome.embeddings.isEmpty { encoding = outcome }
  }
}
