import Models
import Simulation

/// A model, a strategy and a workload, to be run on a cluster.
protocol Experiment {
  /// What a run of it finds.
  associatedtype Prediction

  /// How the model is spread.
  var strategy: ParallelStrategy { get }
  /// What reports call the model.
  var modelName: String { get }

  /// - Throws: what keeps the strategy from suiting the model, the workload or the number of devices.
  func validate() throws

  /// Simulates the experiment. A strategy that does not fit in memory is a result, not an error.
  func predict(options: SimulationOptions) throws -> Prediction
}

/// A language model's experiment with whom its logits are for.
struct GenerationExperiment: Experiment {
  let experiment: LlamaExperiment
  let takeLogits: (([[Float]]) throws -> Void)?

  var strategy: ParallelStrategy { experiment.strategy }
  var modelName: String { experiment.modelName }

  func validate() throws { try experiment.validate() }

  func predict(options: SimulationOptions) throws -> LlamaPrediction {
    try experiment.predict(options: options, takeLogits: takeLogits)
  }
}
