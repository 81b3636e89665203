import Devices
import Documents
import Quantities
import Tensors

extension Runtime {
  /// The runtime that a field names: a shipped one, or a document's path.
  ///
  /// - Parameter texts: takes the document, where it is a file.
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  package init(_ value: DocumentValue, texts: inout [DocumentText]) throws(DocumentError) {
    let name = try value.name("the name of a runtime such as vllm, or the path of a file")
    guard Self.isPath(name) else {
      do throws(RuntimeError) { self = try Runtime.named(name) } catch { throw value.error("\(error)") }
      return
    }
    let document = try value.referencedFile()
    texts.append(document)
    self = try Runtime(document: document)
  }

  /// The runtime of a name or a path as a person types it.
  ///
  /// - Throws: `RuntimeError` for a name that there is not; `DocumentError` for what is wrong with a document.
  package init(named name: String) throws {
    self = Self.isPath(name) ? try Runtime(document: DocumentText(contentsOf: name)) : try Runtime.named(name)
  }

  private static func isPath(_ name: String) -> Bool {
    name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
  }

  /// Reads a runtime's document.
  init(document: DocumentText) throws(DocumentError) {
    let value = try DocumentValue(yaml: document.text, file: document.path)
    let fields = try DocumentFields(
      value, of: "a runtime's fields",
      allowed: ["name", "summary", "base", "processors", "devices"] + RuntimeFigures.fieldNames)
    let base = try fields["base"].map { (value) throws(DocumentError) in try Runtime.shipped(at: value) }
    name = try fields.required("name", example: "my-engine").name("the runtime's name")
    summary = try fields["summary"]?.name("what the runtime is") ?? name
    if let base, fields["processors"] == nil {
      processors = base.processors
    } else {
      processors = try Self.processors(fields.required("processors", example: "[gpu]"))
    }
    let own = try RuntimeFigures(fields)
    figures = base?.figures.overridden(by: own) ?? own
    var byDevice = base?.figuresByDevice ?? [:]
    let kinds = ProcessorKind.allCases.map(\.documentName)
    let devices = DeviceCatalogue.all.map(\.id)
    for entry in try fields["devices"]?.entries(of: "devices, such as a100-sxm-80gb, and their figures") ?? [] {
      let isDevice = devices.contains { $0 == entry.name || Self.isFamily(entry.name, of: $0) }
      guard isDevice || kinds.contains(entry.name) else {
        throw DocumentError(
          entry.nameOrigin, field: entry.value.field,
          unknownNameMessage("device", entry.name, allowed: kinds + devices) + ", or a family such as rtx-*")
      }
      let figures = try RuntimeFigures(
        DocumentFields(entry.value, of: "a runtime's figures", allowed: RuntimeFigures.fieldNames))
      byDevice[entry.name] = byDevice[entry.name]?.overridden(by: figures) ?? figures
    }
    figuresByDevice = byDevice
  }

  /// The shipped runtime that a field names.
  private static func shipped(at value: DocumentValue) throws(DocumentError) -> Runtime {
    let name = try value.name("the name of a shipped runtime")
    do throws(RuntimeError) { return try Runtime.named(name) } catch { throw value.error("\(error)") }
  }

  private static func processors(_ value: DocumentValue) throws(DocumentError) -> [ProcessorKind] {
    let allowed = ProcessorKind.allCases.map(\.documentName)
    var processors: [ProcessorKind] = []
    for element in try value.list(of: "kinds of processors (\(allowed.joined(separator: ", ")))") {
      let name = try element.text("a kind of processor")
      guard let kind = ProcessorKind.allCases.first(where: { $0.documentName == name }) else {
        throw element.error(unknownNameMessage("processor", name, allowed: allowed))
      }
      processors.append(kind)
    }
    guard !processors.isEmpty else {
      throw value.error("the list is empty; allowed: \(allowed.joined(separator: ", "))")
    }
    return processors
  }
}

extension RuntimeFigures {
  /// The fields of documents that give figures.
  static let fieldNames = [
    "host_per_operation", "host_per_step", "host_per_request", "host_per_sequence", "request_latency",
    "request_interval",
    "quantization_time", "sustained_arithmetic", "product_rate", "grouped_arithmetic", "grouped_bandwidth",
    "grouped_time", "host_per_expert_layer", "host_operations", "launch_latency", "launch_gap",
    "fused", "merges_projections", "communication_gap", "all_reduce", "divides_vocabulary", "measured_tables",
    "gemv_bandwidth", "gemm_arithmetic", "prompt_attention_arithmetic", "decoding_attention_bandwidth",
    "shares_grouped_keys", "other_bandwidth",
  ]

  /// Up to twice the peak: kernels may compute by a faster path than the one whose peak the catalogue has, such as products
  /// accumulated in float16 on GeForce.
  private static let efficiencyBounds = Ratio.bounds(from: "0.000001", to: "2")

  /// Reads a document's figures.
  init(_ fields: DocumentFields) throws(DocumentError) {
    let time = { (value: DocumentValue) throws(DocumentError) in
      try value.quantity(Duration.self, FieldLimits.shortTime)
    }
    let share = { (value: DocumentValue) throws(DocumentError) in Ratio(try value.ratio(Self.efficiencyBounds)) }
    hostPerOperation = try fields.figure("host_per_operation", time)
    hostPerStep = try fields.figure("host_per_step", time)
    hostPerRequest = try fields.figure("host_per_request", time)
    hostPerSequence = try fields.figure("host_per_sequence", time)
    requestLatency = try fields.figure("request_latency", time)
    requestInterval = try fields.figure("request_interval", time)
    sustainedArithmetic = try fields.figure("sustained_arithmetic", share)
    productRate = try fields.figure("product_rate", share)
    groupedArithmetic = try fields.figure("grouped_arithmetic", share)
    groupedBandwidth = try fields.figure("grouped_bandwidth", share)
    hostPerExpertLayer = try fields.figure("host_per_expert_layer", time)
    launchLatency = try fields.figure("launch_latency", time)
    launchGap = try fields.figure("launch_gap", time)
    fused = try fields.figure("fused") { value throws(DocumentError) in
      var kinds: [OperationKind] = []
      for element in try value.list(of: "operations such as silu") {
        kinds.append(try element.choice("operation", of: OperationKind.self))
      }
      return kinds
    }
    let word = { (value: DocumentValue) throws(DocumentError) in try value.boolean() }
    mergesProjections = try fields.figure("merges_projections", word)
    hostOperations = try fields.figures(
      "host_operations", key: { OperationKind(rawValue: $0) }, allowed: OperationKind.allCases.map(\.rawValue)
    ) { value throws(DocumentError) in try value.integer(in: 1...1000) }
    communicationGap = try fields.figure("communication_gap", time)
    allReduce = try fields.figure("all_reduce") { value throws(DocumentError) in
      try value.choice("all-reduce", of: Runtime.AllReduce.self)
    }
    dividesVocabulary = try fields.figure("divides_vocabulary", word)
    measuredTables = try fields.figure("measured_tables", word)
    let widths = KernelEfficiencies.WeightWidth.allCases
    groupedTime = try fields.figures(
      "grouped_time", key: { name in widths.first { $0.documentName == name } }, allowed: widths.map(\.documentName),
      time)
    let narrow = widths.filter { $0 != .sixteen }
    quantizationTime = try fields.figures(
      "quantization_time", key: { name in narrow.first { $0.documentName == name } },
      allowed: narrow.map(\.documentName), time)
    matrixVector = try fields.figures(
      "gemv_bandwidth", key: { name in widths.first { $0.documentName == name } },
      allowed: widths.map(\.documentName), share)
    let types: [ElementType] = [.float64, .float32, .float16, .bfloat16, .float8, .float4, .int8]
    matrixMatrix = try fields.figures(
      "gemm_arithmetic", key: { name in types.first { $0.rawValue == name } }, allowed: types.map(\.rawValue), share)
    promptAttention = try fields.figure("prompt_attention_arithmetic", share)
    decodingAttention = try fields.figure("decoding_attention_bandwidth", share)
    sharesGroupedKeys = try fields.figure("shares_grouped_keys", word)
    otherKernels = try fields.figure("other_bandwidth", share)
  }
}

extension KernelEfficiencies.WeightWidth {
  /// Its name in documents: `4_bit`.
  var documentName: String { "\(rawValue)_bit" }
}

extension DocumentFields {
  /// A figure, `{value: ..., source: ...}`.
  fileprivate func figure<Value>(
    _ name: String, _ decode: (DocumentValue) throws(DocumentError) -> Value
  ) throws(DocumentError) -> Figure<Value>? {
    guard let value = self[name] else { return nil }
    return try value.figure(decode)
  }

  /// Figures by a key, each `{value: ..., source: ...}`.
  fileprivate func figures<Key: Hashable, Value>(
    _ name: String, key: (String) -> Key?, allowed: [String], _ decode: (DocumentValue) throws(DocumentError) -> Value
  ) throws(DocumentError) -> [Key: Figure<Value>] {
    guard let value = self[name] else { return [:] }
    var figures: [Key: Figure<Value>] = [:]
    for entry in try value.entries(of: "figures by \(allowed.joined(separator: ", "))") {
      guard let key = key(entry.name) else {
        throw DocumentError(
          entry.nameOrigin, field: entry.value.field, unknownNameMessage("entry", entry.name, allowed: allowed))
      }
      figures[key] = try entry.value.figure(decode)
    }
    return figures
  }
}

extension DocumentValue {
  fileprivate func figure<Value>(
    _ decode: (DocumentValue) throws(DocumentError) -> Value
  ) throws(DocumentError) -> Figure<Value> {
    let fields = try DocumentFields(self, of: "a figure's fields", allowed: ["value", "source"])
    let value = try decode(fields.required("value", example: "0.8"))
    let source = try fields.required("source", example: "\"assumption: ...\"").name("where the value is from")
    return Figure(value, FigureSource(describedBy: source))
  }
}
