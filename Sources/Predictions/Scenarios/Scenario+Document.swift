import Documents
import Foundation
import Models
import Quantities
import Uniference

extension Scenario {
  /// Reads a scenario file.
  ///
  /// - Parameters:
  ///   - overrides: applied in order before anything is decoded. Paths into the cluster's file work with and without
  ///     `cluster.` before them: `network.link.bandwidth`.
  ///   - strategies: to compare instead of the scenario's, which then need not suit the model or the cluster.
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(
    contentsOf path: String, overrides: [DocumentOverride] = [], strategies: [ParallelStrategy]? = nil
  ) throws(DocumentError) {
    self = try Scenario(
      document: DocumentText(contentsOf: path), overrides: overrides, replacingStrategies: strategies)
  }

  /// Reads the text of a scenario file.
  ///
  /// - Parameter file: its name in errors; paths in it are relative to its folder.
  public init(
    yaml text: String, file: String = "scenario.yaml", overrides: [DocumentOverride] = []
  ) throws(DocumentError) {
    self = try Scenario(
      document: DocumentText(path: file, text: text), overrides: overrides, replacingStrategies: nil)
  }

  private init(
    document: DocumentText, overrides: [DocumentOverride], replacingStrategies: [ParallelStrategy]?
  ) throws(DocumentError) {
    let value = try DocumentValue(yaml: document.text, file: document.path)
    try Self.refuseCluster(value, document)
    self = try Scenario(value, document, overrides: overrides, replacingStrategies: replacingStrategies)
  }

  /// Reads a scenario that is a part of another document, as that of a published case.
  ///
  /// - Parameter name: what reports call it unless it names itself.
  package init(
    _ value: DocumentValue, name: String, overrides: [DocumentOverride] = []
  ) throws(DocumentError) {
    let document = DocumentText(path: name, text: "")
    self = try Scenario(value, document, overrides: overrides, replacingStrategies: nil)
    documents = []
  }

  /// - Parameter document: what `value` was read from.
  private init(
    _ value: DocumentValue, _ document: DocumentText, overrides: [DocumentOverride],
    replacingStrategies: [ParallelStrategy]?
  ) throws(DocumentError) {
    var value = value
    var texts = [document]
    let clusterOverrides = try Self.apply(overrides, to: &value)
    let entries = try value.entries(of: "a scenario's fields")
    let weights = try entries.first { $0.name == "weights" }.map { (entry) throws(DocumentError) in
      try WeightsReference.path(entry.value)
    }
    let family = try Self.family(entries, weights: weights)
    let fields = try Self.fields(value, of: family)
    let clusterValue = try fields.required("cluster", example: "four-jetsons.yaml")
    var cluster = try Self.cluster(clusterValue, overrides: clusterOverrides, texts: &texts)
    if let value = fields["runtime"] {
      let runtime = try Runtime(value, texts: &texts)
      do throws(RuntimeError) { try cluster.setRuntime(runtime) } catch { throw value.error("\(error)") }
    }
    let fileName = URL(fileURLWithPath: document.path).deletingPathExtension().lastPathComponent
    let (workload, modelName) = try Self.workload(
      fields, family, weights, on: cluster, fileName: fileName, texts: &texts)
    if let obstacle = workload.obstacle(on: cluster) {
      throw (fields["quantization"] ?? fields["model"] ?? fields.mapping).error(obstacle)
    }
    self.init(
      name: try fields["name"]?.name("the scenario's name") ?? fileName, cluster: cluster,
      modelName: try fields["model"]?.name("the name of a model") ?? modelName, workload: workload,
      seed: try fields["seed"].map(Self.seed) ?? 0)
    strategies =
      if let replacingStrategies { .listed(replacingStrategies) } else { try choice(fields["strategy"]) }
    placement = try fields["placement"].map(placement)
    documents = texts
    self.overrides = overrides
    if case .scalar = clusterValue.content { namesClusterFile = true }
  }

  package static let fieldNames = [
    "name", "cluster", "model", "weights", "dtype", "quantization", "kv_cache_dtype", "buffer_float_type", "runtime",
    "prompt", "strategy", "placement", "serving", "workload", "objective", "seed",
  ]

  /// Fields that only scenarios of language models have.
  private static let generationFieldNames = [
    "quantization", "kv_cache_dtype", "buffer_float_type", "serving", "objective",
  ]

  /// Fields that only scenarios of encoders have.
  private static let encoderFieldNames = ["texts", "inputs"]

  /// The family of the model, by its weights or its configuration.
  private static func family(
    _ entries: [DocumentValue.Entry], weights: String?
  ) throws(DocumentError) -> ModelFamily {
    if let weights { return ModelFamily(ofModelAt: weights) }
    guard let model = entries.first(where: { $0.name == "model" })?.value,
      case .scalar(let name) = model.content, LlamaConfiguration.isPath(name)
    else { return .decoder }
    return ModelFamily(ofModelAt: try model.referencedPath())
  }

  /// The fields that a scenario of the family may have.
  private static func fields(_ value: DocumentValue, of family: ModelFamily) throws(DocumentError) -> DocumentFields {
    guard family != .decoder else {
      return try DocumentFields(value, of: "a scenario's fields", allowed: fieldNames)
    }
    let inputs = family == .sentenceEncoder ? "texts" : "inputs"
    return try DocumentFields(
      value, of: "an encoder scenario's fields",
      allowed: fieldNames.filter { !generationFieldNames.contains($0) }.map { $0 == "prompt" ? inputs : $0 })
  }

  /// The workload, and what reports call the model where the scenario does not name it.
  private static func workload(
    _ fields: DocumentFields, _ family: ModelFamily, _ weights: String?, on cluster: Cluster, fileName: String,
    texts: inout [DocumentText]
  ) throws(DocumentError) -> (any Workload, modelName: String) {
    guard family == .decoder else {
      let task = try EncoderTask(fields, family: family, weights: weights, documents: &texts)
      return (task, weights ?? fileName)
    }
    if let serving = fields["serving"] {
      var task = try ServingTask(serving, of: fields, weights: weights, documents: &texts)
      task.generation.model.dividesVocabulary = cluster.dividesVocabulary
      return (task, task.model.name)
    }
    if let objective = fields["objective"] {
      throw objective.error("objectives are of a model that is served; add the field serving: {}")
    }
    var generation = try TextGeneration(fields, weights: weights, documents: &texts)
    generation.model.dividesVocabulary = cluster.dividesVocabulary
    return (generation, generation.model.name)
  }

  /// A cluster's file where a scenario is expected: both are YAML that a person has just written.
  private static func refuseCluster(_ value: DocumentValue, _ document: DocumentText) throws(DocumentError) {
    guard case .mapping(let entries) = value.content, !entries.contains(where: { $0.name == "cluster" }),
      entries.contains(where: { $0.name == "devices" })
    else { return }
    throw DocumentError(
      .file(document.path, line: nil), field: "",
      "this is a cluster; write a scenario that names it (cluster: \(document.path)) and a model, or run a script on it by "
        + "uniference run --cluster")
  }

  /// Applies what belongs to the scenario's own document.
  ///
  /// - Returns: what belongs to the cluster's file, with paths that start in it.
  package static func apply(
    _ overrides: [DocumentOverride], to value: inout DocumentValue
  ) throws(DocumentError) -> [DocumentOverride] {
    var intoCluster: [DocumentOverride] = []
    for override in overrides {
      if Cluster.fieldNames.contains(override.path[0]), !fieldNames.contains(override.path[0]) {
        intoCluster.append(override)
      } else if override.path[0] == "cluster", override.path.count > 1 {
        intoCluster.append(override.withoutFirst())
      } else if fieldNames.contains(override.path[0]) || encoderFieldNames.contains(override.path[0]) {
        try value.apply(override)
      } else {
        let allowed = fieldNames + encoderFieldNames + Cluster.fieldNames.filter { !fieldNames.contains($0) }
        throw DocumentError(
          .option(written: override.written, field: ""), field: "",
          unknownNameMessage("field", override.path[0], allowed: allowed))
      }
    }
    return intoCluster
  }

  private static func cluster(
    _ value: DocumentValue, overrides: [DocumentOverride], texts: inout [DocumentText]
  ) throws(DocumentError) -> Cluster {
    guard case .scalar = value.content else {
      var value = value
      for override in overrides { try value.apply(override) }
      return try Cluster(value, defaultName: "cluster", texts: &texts)
    }
    return try Cluster(document: value.referencedFile(), overrides: overrides, texts: &texts)
  }

  /// Reads the field `strategy`.
  private func choice(_ value: DocumentValue?) throws(DocumentError) -> StrategyChoice {
    guard let value else { return .candidates }
    if case .scalar("all") = value.content { return .candidates }
    var elements = [value]
    if case .list(let list) = value.content { elements = list }
    guard !elements.isEmpty else { throw value.error("the list is empty; leave strategy out to try all that fit") }
    var strategies: [ParallelStrategy] = []
    for element in elements {
      let text = try element.text("a strategy such as tensor=4, a list of them, or all")
      do {
        let strategy = try ParallelStrategy(parsing: text)
        try Experiment(modelName: modelName, workload: workload, strategy: strategy, cluster: cluster).validate()
        strategies.append(strategy)
      } catch {
        let rule = (error as? StrategyError)?.rule ?? (error as? WorkloadError)?.rule
        throw element.error("\(element.shown): \(rule ?? "\(error)")")
      }
    }
    return .listed(strategies)
  }

  /// Reads the field `placement`: names of devices, one for each of the strategies' parts, in their order.
  private func placement(_ value: DocumentValue) throws(DocumentError) -> [Int] {
    var ranks: [Int] = []
    for element in try value.list(of: "devices' names such as [jetson-1, jetson-0]") {
      let name = try element.text("a device's name")
      guard let rank = cluster.device(named: name) else {
        throw element.error(unknownNameMessage("device", name, allowed: cluster.devices.map(\.name)))
      }
      guard !ranks.contains(rank) else { throw element.error("\(element.shown) is given twice") }
      ranks.append(rank)
    }
    for strategy in strategiesToTry where workload.deviceCount(strategy) != ranks.count {
      throw value.error(
        "it names \(ranks.count) devices, but \(strategy) has \(workload.deviceCount(strategy)) parts; name one for each "
          + "part, or leave placement out")
    }
    return ranks
  }

  private static func seed(_ value: DocumentValue) throws(DocumentError) -> UInt64 {
    guard let seed = UInt64(try value.text("a whole number")) else {
      throw value.error("\(value.shown) is not allowed: write a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
