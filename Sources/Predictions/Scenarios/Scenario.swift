import Documents
import Models
import Uniference

/// A prediction to be made: a workload on a cluster, and the strategies to compare.
public struct Scenario: Sendable {
  /// What reports call it.
  public var name: String
  /// Where it runs.
  public var cluster: Cluster
  /// What reports call the model: a preset's name or the path of a config.json.
  public var modelName: String
  /// The model and what is asked of it.
  public var workload: any Workload
  /// How it is spread over the devices.
  public var strategies: StrategyChoice
  /// The ranks of the devices that play the strategies' parts, in the order of the parts; `nil` for those with which each
  /// does best.
  public var placement: [Int]?
  /// The source of all random numbers of the run.
  public var seed: UInt64
  /// The files that the scenario was read from, as they were: the scenario first, then those it names. Empty for a
  /// scenario made by a program.
  public internal(set) var documents: [DocumentText] = []
  /// What the command line set.
  public internal(set) var overrides: [DocumentOverride] = []
  /// Whether the cluster has a file of its own, the second one of ``documents``.
  var namesClusterFile = false

  /// A scenario made by a program.
  public init(
    name: String = "scenario", cluster: Cluster, modelName: String, workload: any Workload,
    strategies: StrategyChoice = .candidates, seed: UInt64 = 0
  ) {
    self.name = name
    self.cluster = cluster
    self.modelName = modelName
    self.workload = workload
    self.strategies = strategies
    self.seed = seed
  }

  /// The strategies to compare, in order.
  public var strategiesToTry: [ParallelStrategy] {
    switch strategies {
    case .candidates: workload.candidates(deviceCount: cluster.devices.count)
    case .listed(let strategies): strategies
    }
  }
}

/// Which strategies a scenario compares.
public enum StrategyChoice: Hashable, Sendable {
  /// All that are worth trying for the workload on the cluster; see ``Workload/candidates(deviceCount:)``.
  case candidates
  /// These.
  case listed([ParallelStrategy])
}
