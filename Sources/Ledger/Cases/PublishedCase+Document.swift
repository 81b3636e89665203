import Documents
import Foundation
import Predictions
import Quantities
import Uniference

extension PublishedCase {
  private static let fieldNames = [
    "id", "category", "scenario", "collective", "script", "measured", "conversion", "source", "caveat", "residual",
    "slow",
  ]

  /// Reads a case.
  ///
  /// - Parameter source: the source of the file's cases, for those that have none of their own.
  init(_ value: DocumentValue, source fileSource: String?) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a case's fields", allowed: Self.fieldNames)
    place = value.place
    id = try fields.required("id", example: "GF-01").name("the case's name")
    category = try fields.required("category", example: "single-device decode").name("the name of a category")
    subject = try Self.subject(fields, id: id)
    let measured = try fields.required("measured", example: Self.exampleFigure(of: subject))
    self.measured = try Self.figures(measured, of: subject)
    if let own = try fields["source"]?.name("who published it, where") ?? fileSource {
      source = own
    } else {
      _ = try fields.required("source", example: "\"README.md of github.com/pytorch-labs/gpt-fast\"")
      source = ""
    }
    conversion = try fields["conversion"]?.name("how the published figure became the metric")
    caveat = try fields["caveat"]?.name("what the source does not tell")
    residual = try fields["residual"]?.name("the mechanism that is missing")
    isSlow = try fields["slow"]?.boolean() ?? false
  }

  private static let subjectNames = ["scenario", "collective", "script"]

  private static func subject(_ fields: DocumentFields, id: String) throws(DocumentError) -> Subject {
    let given = subjectNames.compactMap { name in fields[name].map { (name, $0) } }
    guard let (name, value) = given.first else {
      throw DocumentError(
        fields.mapping.origin, field: fields.mapping.field,
        "has no scenario, collective or script; write for example scenario: my-scenario.yaml, "
          + "collective: {operation: all_reduce, size: 1 MiB, dtype: float16, cluster: my-cluster.yaml}, "
          + "or script: {file: train.py, cluster: my-cluster.yaml}")
    }
    if given.count > 1 {
      throw given[1].1.error("the case has a \(name), too; give one of \(subjectNames.joined(separator: ", "))")
    }
    switch name {
    case "scenario": return .scenario(try Scenario(publishedAs: id, value))
    case "collective": return .collective(try CollectiveBenchmark(value))
    default: return .script(try ScriptBenchmark(value))
    }
  }

  // MARK: Measured figures

  private static func exampleFigure(of subject: Subject) -> String {
    switch subject {
    case .scenario: "{total_s: 1.9}"
    case .collective: "{time_s: 15 us}"
    case .serving: "{time_per_output_token_mean_s: 12 ms}"
    case .script: "{tokens_per_second_per_device: 10643}"
    }
  }

  private static func figures(_ value: DocumentValue, of subject: Subject) throws(DocumentError) -> [Figure] {
    let example = exampleFigure(of: subject)
    let entries = try value.entries(of: "metrics and their values such as \(example)")
    guard !entries.isEmpty else {
      throw value.error("a case needs a measured metric; write for example measured: \(example)")
    }
    let metrics = subject.metrics
    return try entries.map { (entry) throws(DocumentError) in
      guard let metric = metrics.first(where: { $0.name == entry.name }) else {
        throw DocumentError(
          entry.nameOrigin, field: entry.value.field,
          unknownNameMessage("metric", entry.name, allowed: metrics.map(\.name)))
      }
      return try Figure(metric, entry.value)
    }
  }
}

extension PublishedCase.Figure {
  /// Reads a value, or `{value: ..., spread: ...}`.
  fileprivate init(_ metric: Metric, _ value: DocumentValue) throws(DocumentError) {
    self.metric = metric
    guard case .mapping = value.content else {
      self.value = try Self.number(value, metric)
      spread = nil
      return
    }
    let fields = try DocumentFields(value, of: "a measured figure's fields", allowed: ["value", "spread"])
    self.value = try Self.number(
      fields.required("value", example: metric.unit == .seconds ? "16 ms" : "104.9"), metric)
    spread = try fields["spread"]?.ratio(.notNegative)
  }

  /// A number in the metric's unit; times may have a unit of their own.
  private static func number(_ value: DocumentValue, _ metric: Metric) throws(DocumentError) -> Double {
    let expected = metric.unit == .seconds ? "a time such as 1.9 (seconds) or 16 ms" : "a number"
    let text = try value.text(expected)
    if let number = Double(text) {
      guard number.isFinite, number > 0 else { throw value.error("\(value.shown) is not allowed: write \(expected)") }
      return number
    }
    guard metric.unit == .seconds else { throw value.error("\(value.shown) is not allowed: write \(expected)") }
    // Times are whole picoseconds; dividing gives the closest number, as reading `0.487` would.
    return (try value.quantity(Duration.self, .positive).inSeconds * 1e12).rounded() / 1e12
  }
}

extension PublishedCase.Subject {
  /// What may have been measured of it.
  var metrics: [Metric] {
    switch self {
    case .scenario(let scenario): scenario.workload.metrics
    case .collective: [.collectiveTime]
    case .script: ScriptBenchmark.metrics
    case .serving: ServingBenchmark.metrics
    }
  }
}

extension Scenario {
  /// Reads the field `scenario`: a file's path, or the scenario itself.
  fileprivate init(publishedAs id: String, _ value: DocumentValue) throws(DocumentError) {
    guard case .scalar = value.content else {
      self = try Scenario(value, name: id)
      return
    }
    let path = try value.referencedPath("the path of a scenario, or a scenario's fields")
    do throws(DocumentError) {
      self = try Scenario(contentsOf: path)
    } catch {
      guard error.isUnreadable else { throw error }
      throw value.error("\(path) \(error.message)")
    }
  }
}

extension CollectiveBenchmark {
  private static let fieldNames = ["operation", "size", "dtype", "cluster", "ranks"]
  private static let sizes = DataSize.bounds(from: "1 B", to: "1 TB")

  /// Reads the field `collective`.
  fileprivate init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(value, of: "a collective's fields", allowed: Self.fieldNames)
    let operation = try fields.required("operation", example: "all_reduce").choice("operation", of: Operation.self)
    let sizeField = try fields.required("size", example: "1 MiB")
    let size = try sizeField.quantity(DataSize.self, Self.sizes)
    let typeField = try fields.required("dtype", example: "float16")
    let typeName = try typeField.text("a dtype such as float16")
    guard let elementType = ElementType(named: typeName) else {
      throw typeField.error(unknownNameMessage("dtype", typeName, allowed: ElementType.allCases.map(\.rawValue)))
    }
    let cluster = try Cluster(referredToBy: fields.required("cluster", example: "eight-h100.yaml"))
    let count = cluster.devices.count
    guard count > 1 else {
      throw (fields["cluster"] ?? value).error("the cluster has one device; a collective needs two or more")
    }
    self.init(
      operation: operation, size: size, elementType: elementType, cluster: cluster,
      rankCount: try fields["ranks"]?.integer(in: 2...count))
    guard size.bytes.isMultiple(of: granularity) else {
      throw sizeField.error(
        "\(sizeField.shown) is not allowed: \(operation.rawValue) of \(rankCount) ranks and \(elementType.rawValue) needs "
          + "a multiple of \(granularity) bytes")
    }
  }
}

extension Cluster {
  /// Reads the field `cluster`: a file's path, or the cluster itself.
  fileprivate init(referredToBy value: DocumentValue) throws(DocumentError) {
    var texts: [DocumentText] = []
    if case .scalar = value.content {
      self = try Cluster(document: value.referencedFile(), overrides: [], texts: &texts)
    } else {
      self = try Cluster(value, defaultName: "cluster", texts: &texts)
    }
  }
}
