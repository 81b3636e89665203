import Foundation
import Models
import Quantities

extension Scenario {
  /// Reads a scenario file.
  ///
  /// - Parameter overrides: applied in order before anything is decoded. Paths into the cluster's file work with and
  ///   without `cluster.` before them: `network.link.bandwidth`.
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(contentsOf path: String, overrides: [DocumentOverride] = []) throws(DocumentError) {
    self = try Scenario(document: DocumentText(contentsOf: path), overrides: overrides)
  }

  /// Reads the text of a scenario file.
  ///
  /// - Parameter file: its name in errors; paths in it are relative to its folder.
  public init(
    yaml text: String, file: String = "scenario.yaml", overrides: [DocumentOverride] = []
  ) throws(DocumentError) {
    self = try Scenario(document: DocumentText(path: file, text: text), overrides: overrides)
  }

  static let fieldNames = ["name", "cluster", "model", "dtype", "strategy", "workload", "seed"]

  private init(document: DocumentText, overrides: [DocumentOverride]) throws(DocumentError) {
    var value = try DocumentValue(yaml: document.text, file: document.path)
    var texts = [document]
    let clusterOverrides = try Self.apply(overrides, to: &value)
    let fields = try DocumentFields(value, of: "a scenario's fields", allowed: Self.fieldNames)
    let cluster = try Self.cluster(
      fields.required("cluster", example: "four-jetsons.yaml"), overrides: clusterOverrides, texts: &texts)
    let model = try Self.model(fields, texts: &texts)
    let fileName = URL(fileURLWithPath: document.path).deletingPathExtension().lastPathComponent
    let workload = try Self.workload(fields, of: model)
    let scenario = Scenario(
      name: try fields["name"]?.name("the scenario's name") ?? fileName, cluster: cluster,
      modelName: try fields.required("model", example: "llama-3.1-8b").name("the name of a model"), model: model,
      strategies: try Self.strategies(fields["strategy"], cluster, model, workload),
      workload: workload,
      seed: try fields["seed"].map(Self.seed) ?? 0)
    self = scenario.read(from: texts, overrides)
  }

  /// Applies what belongs to the scenario's own document.
  ///
  /// - Returns: what belongs to the cluster's file, with paths that start in it.
  private static func apply(
    _ overrides: [DocumentOverride], to value: inout DocumentValue
  ) throws(DocumentError) -> [DocumentOverride] {
    var intoCluster: [DocumentOverride] = []
    for override in overrides {
      if Cluster.fieldNames.contains(override.path[0]), !fieldNames.contains(override.path[0]) {
        intoCluster.append(override)
      } else if override.path[0] == "cluster", override.path.count > 1 {
        intoCluster.append(override.withoutFirst())
      } else if fieldNames.contains(override.path[0]) {
        try value.apply(override)
      } else {
        let allowed = fieldNames + Cluster.fieldNames.filter { !fieldNames.contains($0) }
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

  private static func model(
    _ fields: DocumentFields, texts: inout [DocumentText]
  ) throws(DocumentError) -> LlamaConfiguration {
    let value = try fields.required("model", example: "llama-3.1-8b")
    let name = try value.name("the name of a model or the path of a config.json")
    let model: LlamaConfiguration
    if let preset = LlamaConfiguration.preset(name) {
      model = preset
    } else if LlamaConfiguration.isPath(name) {
      let document = try value.referencedFile()
      texts.append(document)
      do throws(ConfigurationError) {
        model = try LlamaConfiguration(huggingFace: Data(document.text.utf8), file: document.path)
      } catch {
        throw value.error("\(error)")
      }
    } else {
      throw value.error(LlamaConfiguration.unknownPresetMessage(name))
    }
    guard let dtype = fields["dtype"] else { return model }
    let typeName = try dtype.text("a dtype such as float16")
    guard let elementType = weightTypes.first(where: { $0.rawValue == typeName }) else {
      throw dtype.error(unknownNameMessage("dtype", typeName, allowed: weightTypes.map(\.rawValue)))
    }
    do throws(ConfigurationError) {
      return try model.storing(elementType)
    } catch {
      throw dtype.error("\(error)")
    }
  }

  private static let weightTypes: [ElementType] = [.float32, .float16, .bfloat16, .float8, .float64]

  private static func workload(
    _ scenario: DocumentFields, of model: LlamaConfiguration
  ) throws(DocumentError) -> LlamaWorkload {
    var (prompt, generate, batch) = (128, 128, 1)
    if let value = scenario["workload"] {
      let fields = try DocumentFields(value, of: "a workload's fields", allowed: ["prompt", "generate", "batch"])
      let range = 1...10_000_000
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
    guard let value else { return .candidates }
    if case .scalar("all") = value.content { return .candidates }
    var elements = [value]
    if case .list(let list) = value.content { elements = list }
    guard !elements.isEmpty else { throw value.error("the list is empty; leave strategy out to try all that fit") }
    let speeds = Array(repeating: 1.0, count: cluster.devices.count)
    var strategies: [ParallelStrategy] = []
    for element in elements {
      let text = try element.text("a strategy such as tensor=4, a list of them, or all")
      do throws(StrategyError) {
        let strategy = try ParallelStrategy(parsing: text)
        _ = try LlamaPlan(configuration: model, strategy: strategy, workload: workload, speeds: speeds)
        strategies.append(strategy)
      } catch {
        throw element.error("\(element.shown): \(error.rule)")
      }
    }
    return .listed(strategies)
  }

  private static func seed(_ value: DocumentValue) throws(DocumentError) -> UInt64 {
    guard let seed = UInt64(try value.text("a whole number")) else {
      throw value.error("\(value.shown) is not allowed: write a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
