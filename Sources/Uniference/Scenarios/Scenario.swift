import Models

/// A prediction to be made: a model on a cluster, the strategies to compare, and what is asked of the model.
public struct Scenario: Sendable {
  /// What reports call it.
  public var name: String
  /// Where it runs.
  public var cluster: Cluster
  /// What reports call the model: a preset's name or the path of a config.json.
  public var modelName: String
  /// What runs.
  public var model: LlamaConfiguration
  /// How it is spread over the devices.
  public var strategies: StrategyChoice
  /// What is asked of the model.
  public var workload: LlamaWorkload
  /// Where all random figures of the run come from.
  public var seed: UInt64
  /// Parameters and prompts, for runs with values; `nil` where the scenario names no weights.
  public var text: ScenarioText?
  /// The files that the scenario was read from, as they were: the scenario first, then those it names. Empty for a
  /// scenario made by a program.
  public private(set) var documents: [DocumentText] = []
  /// What the command line set.
  public private(set) var overrides: [DocumentOverride] = []

  /// A scenario made by a program.
  public init(
    name: String = "scenario", cluster: Cluster, modelName: String, model: LlamaConfiguration,
    strategies: StrategyChoice = .candidates,
    workload: LlamaWorkload, seed: UInt64 = 0, text: ScenarioText? = nil
  ) {
    self.name = name
    self.cluster = cluster
    self.modelName = modelName
    self.model = model
    self.strategies = strategies
    self.workload = workload
    self.seed = seed
    self.text = text
  }

  /// The same scenario with where it came from.
  func read(from documents: [DocumentText], _ overrides: [DocumentOverride]) -> Scenario {
    var scenario = self
    scenario.documents = documents
    scenario.overrides = overrides
    return scenario
  }

  /// The strategies to compare, in order.
  public var strategiesToTry: [ParallelStrategy] {
    switch strategies {
    case .candidates:
      ParallelStrategy.candidates(
        deviceCount: cluster.devices.count, configuration: model, batchSize: workload.batchSize)
    case .listed(let strategies): strategies
    }
  }
}

/// Which strategies a scenario compares.
public enum StrategyChoice: Hashable, Sendable {
  /// All that are worth trying for the model on the cluster; see `ParallelStrategy.candidates`.
  case candidates
  /// These.
  case listed([ParallelStrategy])
}
