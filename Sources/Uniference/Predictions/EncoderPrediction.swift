import Models
import Quantities
import Simulation

/// What a simulation says of one encoder on one cluster under one strategy.
public struct EncoderPrediction: Codable, Sendable {
  /// The model's name or file.
  public let model: String
  /// The cluster's name.
  public let cluster: String
  /// The strategy, as it is written on the command line.
  public let strategy: String
  /// Whether every device's share fits in its memory.
  public let fits: Bool
  /// Why it does not.
  public let reason: String?
  /// Until all embeddings are known on all of the strategy's devices.
  public let latency_s: Double?
  /// Embeddings over that time.
  public let embeddings_per_second: Double?
  /// Payload bytes sent by all devices.
  public let bytes_sent: Int?
  /// Messages between all devices.
  public let messages: Int?
  /// The share of the time that the strategy's devices spent computing.
  public let busy_fraction: Double?
  /// All devices of the cluster, from beginning to end.
  public let energy_j: Double?
  /// The same for each embedding.
  public let energy_per_embedding_j: Double?
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
  /// Each text's tokens; only in runs with values.
  public let tokens: [[Int]]?
  /// The embeddings of each kind of thing (`sentence`, `image`, `text`), a row each; only in runs with values.
  public let embeddings: [String: [[Float]]]?
  /// How alike each image (a row) and each text (a column) are, before any softmax; only with values, of two towers.
  public let similarity: [[Float]]?
  /// Where compute time, and with it energy, comes from.
  public let compute: ComputeBasis
  /// SHA-256 of the event log, as lowercase hexadecimal digits.
  public let event_log_sha256: String?
  /// Where the run record is.
  public let record: String?
  /// Where the trace is.
  public let trace: String?

  init(
    _ experiment: EncoderExperiment, on placement: DevicePlacement, tried: Int?, _ report: SimulationReport,
    _ outcome: EncodingOutcome?, _ options: SimulationOptions
  ) {
    let count = Double(experiment.task.embeddingCount)
    let active = placement.ranks.map { report.devices[$0] }
    model = experiment.modelName
    cluster = experiment.cluster.name
    strategy = experiment.strategy.description
    fits = true
    reason = nil
    latency_s = report.total_s
    embeddings_per_second = report.total_s > 0 ? count / report.total_s : nil
    bytes_sent = report.bytes_sent
    messages = report.messages
    busy_fraction =
      report.total_s > 0 ? active.reduce(0) { $0 + $1.busy_s } / (report.total_s * Double(active.count)) : nil
    energy_j = report.energy_j
    energy_per_embedding_j = report.energy_j / count
    runs_on = placement.names(in: experiment.cluster)
    placements_tried = tried ?? 1
    memory_needed = nil
    devices = report.devices.map(\.name)
    peak_memory_bytes = report.devices.map(\.peak_memory_bytes)
    tokens = outcome == nil ? nil : experiment.task.tokens
    embeddings = outcome?.embeddings
    similarity = outcome.flatMap { $0.similarity.isEmpty ? nil : $0.similarity }
    compute = options.basis(on: experiment.cluster)
    event_log_sha256 = report.event_log_sha256
    record = report.record
    trace = options.tracePath
  }

  init(
    _ experiment: EncoderExperiment, on placement: DevicePlacement, tried: Int?, unfit shortage: OutOfMemory,
    record: String?, _ needs: [MemoryNeed]?, _ options: SimulationOptions
  ) {
    let names = experiment.cluster.devices.map(\.name)
    model = experiment.modelName
    cluster = experiment.cluster.name
    strategy = experiment.strategy.description
    fits = false
    reason = "\(shortage)"
    (latency_s, embeddings_per_second, busy_fraction, energy_j, energy_per_embedding_j) = (nil, nil, nil, nil, nil)
    (bytes_sent, messages) = (nil, nil)
    runs_on = placement.names(in: experiment.cluster)
    placements_tried = tried ?? 1
    memory_needed = needs
    devices = names
    peak_memory_bytes = names.map { $0 == shortage.deviceName ? shortage.peak : 0 }
    (tokens, embeddings, similarity, event_log_sha256, trace) = (nil, nil, nil, nil, nil)
    compute = options.basis(on: experiment.cluster)
    self.record = record
  }
}

extension EncoderPrediction: RankedPrediction {
  /// An early end.
  var merit: [Double]? { fits ? [-(latency_s ?? .infinity)] : nil }
}

/// Predictions of several strategies for one encoder, cluster and workload, side by side.
public struct EncoderComparison: Sendable {
  /// In the order in which they were tried.
  public let predictions: [EncoderPrediction]

  init(_ predictions: [EncoderPrediction]) { self.predictions = predictions }

  /// The strategy with the earliest end.
  public var winner: EncoderPrediction? {
    predictions.filter(\.fits).min { ($0.latency_s ?? .infinity) < ($1.latency_s ?? .infinity) }
  }

  /// Which strategy wins, in a sentence for people.
  public var verdict: String {
    guard let winner, let latency = winner.latency_s else { return "No strategy fits in the devices' memory." }
    let others = predictions.filter { $0.fits && $0.strategy != winner.strategy }
    guard let next = others.min(by: { ($0.latency_s ?? .infinity) < ($1.latency_s ?? .infinity) }),
      let nextLatency = next.latency_s
    else { return "\(winner.strategy) is the only strategy that fits in memory." }
    let time = Duration.nearest(seconds: latency).shortDescription
    guard latency > 0 else {
      return "\(winner.strategy) is done first, at once: \(next.strategy) takes "
        + "\(nextLatency > 0 ? Duration.nearest(seconds: nextLatency).shortDescription : "no time either")."
    }
    let ratio = formatNumber(nextLatency / latency, significantDigits: 3)
    return "\(winner.strategy) is done first, after \(time): \(next.strategy) takes \(ratio) times as long."
  }

  /// The largest difference between embeddings of two strategies; `nil` with fewer than two that have values.
  public var largestDifference: Float? {
    let found = predictions.compactMap(\.embeddings)
    guard found.count > 1 else { return nil }
    return found.dropFirst().map { other in
      found[0].map { kind, rows in
        zip(rows.joined(), (other[kind] ?? []).joined()).map { abs($0 - $1) }.max() ?? 0
      }.max() ?? 0
    }.max()
  }
}
