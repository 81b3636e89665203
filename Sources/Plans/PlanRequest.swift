import Documents
import Foundation
import Models
import Predictions
import Quantities
import Sweeps

/// What is to be planned: a scenario, the metric that is to be best, limits, and what may be chosen.
public struct PlanRequest: Sendable {
  /// What is to be best.
  public let goal: Metric
  /// What a plan has to keep within.
  public let limits: PlanLimits
  /// The scenario's fields that may be chosen, and their values.
  let fields: [SweptField]
  /// The strategies to choose among; `nil` for each kind on any number of devices.
  let strategies: [ParallelStrategy]?
  /// Which devices may be left out.
  let optional: OptionalDevices
  /// The scenario as a document.
  let scenario: DocumentValue
  /// What reports call the scenario unless it names itself.
  let name: String

  /// Which devices may be left out.
  enum OptionalDevices: Hashable, Sendable {
    case all
    case none
    case named([String])
  }

  private static let ownFields = ["scenario", "goal", "limits", "search"]

  /// Reads a plan's file.
  ///
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(contentsOf path: String) throws(DocumentError) {
    let text = try DocumentText(contentsOf: path)
    try self.init(yaml: text.text, file: path)
  }

  /// Reads the text of a plan's file.
  ///
  /// - Parameter file: its name in errors; paths in it are relative to its folder.
  public init(yaml text: String, file: String = "plan.yaml") throws(DocumentError) {
    let value = try DocumentValue(yaml: text, file: file)
    let fields = try DocumentFields(
      value, of: "a plan's fields", allowed: Self.ownFields + Scenario.fieldNames + ["texts", "inputs"])
    name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    scenario = try Self.scenario(value, fields)
    let search = try fields["search"].map { (value) throws(DocumentError) in try Self.search(value) }
    self.fields = search?.fields ?? []
    strategies = search?.strategies
    optional = search?.optional ?? .all
    let variants = ScenarioVariants(scenario, name: name)
    let first = try Self.settings(of: self.fields).first ?? []
    let read = try variants.scenario(try variants.document(settings: first))
    let metrics = read.workload.metrics
    goal = try Self.metric(named: fields.required("goal", example: metrics[0].name), among: metrics)
    limits =
      try fields["limits"].map { (value) throws(DocumentError) in try PlanLimits(value, metrics: metrics) }
      ?? PlanLimits()
    if case .named(let names) = optional {
      let known = read.cluster.devices.map(\.name)
      for name in names where !known.contains(name) {
        let place = fields["search"]?["leave_out"] ?? value
        throw place.error(unknownNameMessage("device", name, allowed: known))
      }
    }
  }

  private static func scenario(
    _ value: DocumentValue, _ fields: DocumentFields
  ) throws(DocumentError) -> DocumentValue {
    guard let scenario = fields["scenario"] else {
      guard fields["cluster"] != nil else {
        throw value.error("write scenario: and a scenario's path, or cluster:, model: and workload:")
      }
      var own = value
      for name in ownFields { own.set(name, to: nil) }
      return own
    }
    if let other = Scenario.fieldNames.first(where: { fields[$0] != nil }), let place = fields[other] {
      throw place.error("stands beside scenario; write it there, or under search: with the values to choose from")
    }
    guard case .scalar = scenario.content else { return scenario }
    let text = try scenario.referencedFile()
    return try DocumentValue(yaml: text.text, file: text.path)
  }

  // MARK: What may be chosen

  private struct Search {
    var fields: [SweptField] = []
    var strategies: [ParallelStrategy]?
    var optional = OptionalDevices.all
  }

  private static func search(_ value: DocumentValue) throws(DocumentError) -> Search {
    var search = Search()
    for entry in try value.entries(of: "what may be chosen, such as {quantization: [q4_k_m, q8_0]}") {
      switch entry.name {
      case "strategy", "strategies": search.strategies = try strategies(entry.value)
      case "leave_out": search.optional = try optional(entry.value)
      case "batch": search.fields.append(try SweptField("workload.batch", entry.value))
      default: search.fields.append(try SweptField(entry.name, entry.value))
      }
    }
    return search
  }

  private static func strategies(_ value: DocumentValue) throws(DocumentError) -> [ParallelStrategy]? {
    if case .scalar("all") = value.content { return nil }
    return try value.list(of: "strategies such as [tensor=4, pipeline=4]").map { (element) throws(DocumentError) in
      let text = try element.text("a strategy such as tensor=4")
      do {
        return try ParallelStrategy(parsing: text)
      } catch {
        throw element.error("\(element.shown): \((error as? StrategyError)?.rule ?? "\(error)")")
      }
    }
  }

  private static func optional(_ value: DocumentValue) throws(DocumentError) -> OptionalDevices {
    switch value.content {
    case .scalar("all"): return .all
    case .scalar("none"): return .none
    case .list(let elements):
      return .named(try elements.map { (element) throws(DocumentError) in try element.text("a device's name") })
    default: throw value.error("write all, none, or a list of devices' names, found \(value.shown)")
    }
  }

  /// Every combination of the fields' values.
  static func settings(of fields: [SweptField]) throws(DocumentError) -> [[DocumentOverride]] {
    var all: [[DocumentOverride]] = []
    for values in Sampling.grid.combinations(of: fields, seed: 0) {
      var settings: [DocumentOverride] = []
      for (field, value) in zip(fields, values) {
        settings.append(try DocumentOverride(parsing: "\(field.path)=\(value)"))
      }
      all.append(settings)
    }
    return all
  }

  /// The metric that a value names, with or without the unit at its end.
  static func metric(named value: DocumentValue, among metrics: [Metric]) throws(DocumentError) -> Metric {
    let name = try value.text("a metric such as \(metrics[0].name)")
    guard let metric = Metric.named(name, among: metrics) else {
      throw value.error(unknownNameMessage("goal", name, allowed: metrics.map(\.name)))
    }
    return metric
  }
}

extension Metric {
  /// The metric with a name of `simulate --json`, which may lack its unit: `time_to_first_token`.
  static func named(_ name: String, among metrics: [Metric]) -> Metric? {
    metrics.first { $0.name == name } ?? metrics.first { $0.name == name + "_s" || $0.name == name + "_j" }
  }
}
