import Models
import Quantities
import Simulation

/// An encoder, a strategy and inputs, to be run on a cluster.
public struct EncoderExperiment: Experiment, Sendable {
  /// What reports call the model.
  public var modelName: String
  /// The model and what is asked of it.
  public var task: EncoderTask
  /// How it is spread.
  public var strategy: ParallelStrategy
  /// Where it runs.
  public var cluster: Cluster

  /// An experiment; it is checked when it is validated or run.
  public init(modelName: String, task: EncoderTask, strategy: ParallelStrategy, cluster: Cluster) {
    self.modelName = modelName
    self.task = task
    self.strategy = strategy
    self.cluster = cluster
  }

  /// - Throws: what keeps the strategy from suiting the model, the workload or the number of devices.
  public func validate() throws { _ = try makeProgram() }

  /// Simulates the experiment. A strategy that does not fit in memory is a result, not an error.
  ///
  /// - Throws: `StrategyError` when the strategy does not suit the model or the cluster; ``RunFailure``.
  public func predict(options: SimulationOptions = SimulationOptions()) throws -> EncoderPrediction {
    let program = try makeProgram()
    let outcomes = EncodingCollector()
    do {
      let report = try World.simulate(cluster, options: options) { rank in
        outcomes.add(try await program(rank.modelContext))
      }
      return EncoderPrediction(self, report, outcomes.encoding, options)
    } catch let failure as RunFailure {
      guard let shortage = failure.outOfMemory else { throw failure }
      return EncoderPrediction(self, unfit: shortage, options)
    }
  }

  private func makeProgram() throws -> @Sendable (ModelContext) async throws -> EncodingOutcome {
    switch task {
    case .sentences(let model, let workload, let input, let normalizes):
      let program = try SentenceProgram(
        configuration: model, strategy: strategy, workload: workload, speeds: relativeSpeeds, input: input,
        normalizes: normalizes)
      return { try await program.run(in: $0) }
    case .imagesAndTexts(let model, let workload, let input):
      let program = try CLIPProgram(
        configuration: model, strategy: strategy, workload: workload, deviceCount: cluster.devices.count, input: input)
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

/// Takes the outcome of a rank that knows all embeddings.
///
/// Sendable without checks because ranks run one at a time on one thread.
private final class EncodingCollector: @unchecked Sendable {
  private(set) var encoding: EncodingOutcome?

  func add(_ outcome: EncodingOutcome) {
    if encoding == nil, !outcome.embeddings.isEmpty { encoding = outcome }
  }
}
