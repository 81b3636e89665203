import Models
import Simulation
import Uniference

/// What a simulation states of one workload on one cluster under one strategy.
///
/// Encoded as one flat object: the fields here, each metric that has a value under its name, and the fields of the output.
public struct Prediction: Sendable {
  /// The model's preset or file.
  public let model: String
  /// The cluster's name.
  public let cluster: String
  /// The name of the runtime that executes the model, if the scenario names one.
  public let runtime: String?
  /// The strategy, as it is written on the command line.
  public let strategy: String
  /// Whether every device's share fits in its memory.
  public let fits: Bool
  /// Why it does not.
  public let reason: String?
  /// What the workload measures, in its order. Without values where the strategy does not fit.
  public let metrics: [MetricValue]
  /// Names of the devices that play the strategy's parts, in the order of the parts.
  public let runs_on: [String]
  /// How many ways to choose and order those devices have been tried.
  public let placements_tried: Int
  /// Names of all devices, in rank order.
  public let devices: [String]
  /// The most memory in use on each device, in rank order; of a strategy that does not fit, until it ran out.
  public let peak_memory_bytes: [Int]
  /// What each device of a strategy that does not fit would need, in the order of ``runs_on``; `nil` for one that fits.
  public let memory_needed: [MemoryNeed]?
  /// What the workload computed; only in runs with values.
  public let output: (any WorkloadOutput)?
  /// Where compute time, and with it energy, comes from.
  public let compute: ComputeBasis
  /// SHA-256 of the event log, as lowercase hexadecimal digits.
  public let event_log_sha256: String?
  /// Where the run record is.
  public let record: String?
  /// Where the trace is.
  public let trace: String?
  /// What better predictions of the same workload have more of, the most important first; `nil` where it does not fit.
  let merit: [Double]?

  /// The value of a metric; `nil` where it is not defined or the workload does not measure it.
  public subscript(metric: Metric) -> Double? { metrics.first { $0.metric == metric }?.value }

  /// The strategy, and the device where it was chosen and is one.
  var placedName: String {
    placements_tried > 1 && runs_on.count == 1 ? "\(strategy) on \(runs_on[0])" : strategy
  }
}

extension Prediction {
  /// What a run that has come to its end found.
  init(
    _ experiment: Experiment, on placement: DevicePlacement, tried: Int?, _ report: SimulationReport,
    _ run: some WorkloadRun, _ options: SimulationOptions
  ) {
    let values = run.values(report, on: placement.ranks)
    self.init(
      experiment, on: placement, tried: tried, options, values: values, reason: nil,
      peakMemory: report.devices.map(\.peak_memory_bytes), needs: nil, output: run.output,
      digest: report.event_log_sha256, record: report.record, trace: options.tracePath)
  }

  /// A strategy that does not fit.
  ///
  /// - Parameter peak: the device whose memory does not suffice, and the most that was in use there.
  init(
    _ experiment: Experiment, on placement: DevicePlacement, tried: Int?, unfit reason: String,
    peak: (device: String, bytes: Int), record: String?, _ needs: [MemoryNeed]?, _ options: SimulationOptions
  ) {
    self.init(
      experiment, on: placement, tried: tried, options, values: nil, reason: reason,
      peakMemory: experiment.cluster.devices.map { $0.name == peak.device ? peak.bytes : 0 }, needs: needs,
      output: nil, digest: nil, record: record, trace: nil)
  }

  /// - Parameter values: `nil` for a strategy that does not fit.
  private init(
    _ experiment: Experiment, on placement: DevicePlacement, tried: Int?, _ options: SimulationOptions,
    values: [Metric: Double]?, reason: String?, peakMemory: [Int], needs: [MemoryNeed]?, output: (any WorkloadOutput)?,
    digest: String?, record: String?, trace: String?
  ) {
    let workload = experiment.workload
    model = experiment.modelName
    cluster = experiment.cluster.name
    runtime = experiment.cluster.runtime?.name
    strategy = experiment.strategy.description
    fits = values != nil
    self.reason = reason
    metrics = workload.metrics.map { MetricValue(metric: $0, value: values?[$0]) }
    runs_on = placement.names(in: experiment.cluster)
    placements_tried = tried ?? 1
    devices = experiment.cluster.devices.map(\.name)
    peak_memory_bytes = peakMemory
    memory_needed = needs
    self.output = output
    compute = options.basis(on: experiment.cluster)
    event_log_sha256 = digest
    self.record = record
    self.trace = trace
    merit = values.map { values in workload.ranking.map { $0.merit(of: values[$0]) } }
  }
}

extension Prediction: Encodable {
  private enum CodingKeys: String, CodingKey {
    case model, cluster, runtime, strategy, fits, reason, runs_on, placements_tried, devices, peak_memory_bytes
    case memory_needed, compute, event_log_sha256, record, trace
  }

  /// Writes one flat object.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    try container.encode(cluster, forKey: .cluster)
    try container.encodeIfPresent(runtime, forKey: .runtime)
    try container.encode(strategy, forKey: .strategy)
    try container.encode(fits, forKey: .fits)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encode(runs_on, forKey: .runs_on)
    try container.encode(placements_tried, forKey: .placements_tried)
    try container.encode(devices, forKey: .devices)
    try container.encode(peak_memory_bytes, forKey: .peak_memory_bytes)
    try container.encodeIfPresent(memory_needed, forKey: .memory_needed)
    try container.encode(compute, forKey: .compute)
    try container.encodeIfPresent(event_log_sha256, forKey: .event_log_sha256)
    try container.encodeIfPresent(record, forKey: .record)
    try container.encodeIfPresent(trace, forKey: .trace)
    var measured = encoder.container(keyedBy: FieldName.self)
    for metric in metrics { try metric.encode(into: &measured) }
    try output?.encode(to: encoder)
  }
}
