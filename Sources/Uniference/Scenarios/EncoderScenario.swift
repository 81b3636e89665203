import Models

/// A prediction to be made: an encoder on a cluster, the strategies to compare, and what is asked of it.
public struct EncoderScenario: Sendable {
  /// What reports call it.
  public var name: String
  /// Where it runs.
  public var cluster: Cluster
  /// What reports call the model.
  public var modelName: String
  /// The model and what is asked of it.
  public var task: EncoderTask
  /// How it is spread over the devices.
  public var strategies: StrategyChoice
  /// Where all random figures of the run come from.
  public var seed: UInt64
  /// The files that the scenario was read from: the scenario first, then those it names.
  public internal(set) var documents: [DocumentText] = []
  /// What the command line set.
  public internal(set) var overrides: [DocumentOverride] = []

  /// The strategies to compare, in order.
  public var strategiesToTry: [ParallelStrategy] {
    switch strategies {
    case .candidates: task.candidates(deviceCount: cluster.devices.count)
    case .listed(let strategies): strategies
    }
  }
}

/// A scenario of any kind of model.
public enum AnyScenario: Sendable {
  /// A language model that generates.
  case generation(Scenario)
  /// An encoder.
  case encoding(EncoderScenario)

  /// Reads a scenario file, of the kind that its model's configuration says.
  ///
  /// - Parameters:
  ///   - overrides: applied in order before anything is decoded.
  ///   - strategies: to compare instead of the scenario's, which then need not suit the model or the cluster.
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(
    contentsOf path: String, overrides: [DocumentOverride] = [], strategies: [ParallelStrategy]? = nil
  ) throws(DocumentError) {
    let document = try DocumentText(contentsOf: path)
    var value = try DocumentValue(yaml: document.text, file: document.path)
    let clusterOverrides = try Scenario.apply(overrides, to: &value)
    let entries = try value.entries(of: "a scenario's fields")
    let weights = try entries.first { $0.name == "weights" }.map { (entry) throws(DocumentError) in
      try Scenario.weightsPath(entry.value)
    }
    let family = try Self.family(entries, weights)
    guard family != .decoder else {
      self = .generation(
        try Scenario(document: document, overrides: overrides, replacingStrategies: strategies))
      return
    }
    var scenario = try EncoderScenario(
      document: document, value: value, clusterOverrides: clusterOverrides, weights: weights, family: family,
      replacingStrategies: strategies)
    scenario.overrides = overrides
    self = .encoding(scenario)
  }

  private static func family(_ entries: [DocumentValue.Entry], _ weights: String?) throws(DocumentError) -> ModelFamily
  {
    if let weights { return ModelFamily(ofModelAt: weights) }
    guard let model = entries.first(where: { $0.name == "model" })?.value,
      case .scalar(let name) = model.content, LlamaConfiguration.isPath(name)
    else { return .decoder }
    return ModelFamily(ofModelAt: try model.referencedPath())
  }
}
