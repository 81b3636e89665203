import Foundation
import Models
import Quantities

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

  static let fieldNames = [
    "name", "cluster", "model", "weights", "dtype", "prompt", "strategy", "workload", "seed",
  ]

  /// Fields that only scenarios of encoders have.
  static let encoderFieldNames = ["texts", "inputs"]

  init(
    document: DocumentText, overrides: [DocumentOverride], replacingStrategies: [ParallelStrategy]?
  ) throws(DocumentError) {
    var value = try DocumentValue(yaml: document.text, file: document.path)
    try Self.refuseCluster(value, document)
    var texts = [document]
    let clusterOverrides = try Self.apply(overrides, to: &value)
    let fields = try DocumentFields(value, of: "a scenario's fields", allowed: Self.fieldNames)
    let cluster = try Self.cluster(
      fields.required("cluster", example: "four-jetsons.yaml"), overrides: clusterOverrides, texts: &texts)
    let checkpoint = try fields["weights"].map { (value) throws(DocumentError) in try Self.checkpoint(value) }
    let model = try Self.stored(Self.model(fields, checkpoint, texts: &texts), as: fields["dtype"])
    let text = try Self.text(fields, checkpoint)
    let fileName = URL(fileURLWithPath: document.path).deletingPathExtension().lastPathComponent
    let workload = try Self.workload(fields, of: model, text)
    let strategies: StrategyChoice =
      if let replacingStrategies { .listed(replacingStrategies) } else {
        try Self.strategies(fields["strategy"], cluster, model, workload)
      }
    let scenario = Scenario(
      name: try fields["name"]?.name("the scenario's name") ?? fileName, cluster: cluster,
      modelName: try fields["model"]?.name("the name of a model") ?? model.name, model: model,
      strategies: strategies,
      workload: workload,
      seed: try fields["seed"].map(Self.seed) ?? 0, text: text)
    self = scenario.read(from: texts, overrides)
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
  static func apply(
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

  static func cluster(
    _ value: DocumentValue, overrides: [DocumentOverride], texts: inout [DocumentText]
  ) throws(DocumentError) -> Cluster {
    guard case .scalar = value.content else {
      var value = value
      for override in overrides { try value.apply(override) }
      return try Cluster(value, defaultName: "cluster", texts: &texts)
    }
    return try Cluster(document: value.referencedFile(), overrides: overrides, texts: &texts)
  }

  private static func workload(
    _ scenario: DocumentFields, of model: LlamaConfiguration, _ text: ScenarioText?
  ) throws(DocumentError) -> LlamaWorkload {
    var (prompt, generate, batch) = (text?.promptTokens[0].count ?? 128, 128, text?.prompts.count ?? 1)
    if let value = scenario["workload"] {
      let fields = try DocumentFields(value, of: "a workload's fields", allowed: ["prompt", "generate", "batch"])
      let range = 1...10_000_000
      for (name, given) in [("prompt", text?.promptTokens[0].count), ("batch", text?.prompts.count)] {
        guard let given, let field = fields[name] else { continue }
        throw field.error("the scenario's prompt says so already: it is \(given); leave one of them out")
      }
      prompt = try fields["prompt"]?.integer(in: range) ?? prompt
      generate = try fields["generate"]?.integer(in: range) ?? generate
      batch = try fields["batch"]?.integer(in: range) ?? batch
    }
    do {
      let workload = try LlamaWorkload(batchSize: batch, promptLength: prompt, generatedTokenCount: generate)
      // A program of one device checks the workload against the model.
      _ = try LlamaProgram(configuration: model, strategy: .single, workload: workload, speeds: [1])
      return workload
    } catch {
      let place = scenario["workload"] ?? scenario.mapping
      let rule = (error as? WorkloadError)?.rule ?? "\(error)"
      throw DocumentError(place.origin, field: scenario.mapping.path(to: "workload"), rule)
    }
  }

  private static func strategies(
    _ value: DocumentValue?, _ cluster: Cluster, _ model: LlamaConfiguration, _ workload: LlamaWorkload
  ) throws(DocumentError) -> StrategyChoice {
    let speeds = Array(repeating: 1.0, count: cluster.devices.count)
    return try Self.strategies(value) { strategy in
      _ = try LlamaPlan(configuration: model, strategy: strategy, workload: workload, speeds: speeds)
    }
  }

  /// Reads the field `strategy`, each of whose strategies `check` must accept.
  static func strategies(
    _ value: DocumentValue?, check: (ParallelStrategy) throws -> Void
  ) throws(DocumentError) -> StrategyChoice {
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
        try check(strategy)
        strategies.append(strategy)
      } catch {
        throw element.error("\(element.shown): \((error as? StrategyError)?.rule ?? "\(error)")")
      }
    }
    return .listed(strategies)
  }

  static func seed(_ value: DocumentValue) throws(DocumentError) -> UInt64 {
    guard let seed = UInt64(try value.text("a whole number")) else {
      throw value.error("\(value.shown) is not allowed: write a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
