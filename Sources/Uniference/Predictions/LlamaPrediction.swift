import Models
import Quantities
import Simulation

/// What a simulation says of one model on one cluster under one strategy.
public struct LlamaPrediction: Codable, Sendable {
  /// The model's preset or file.
  public let model: String
  /// The cluster's name.
  public let cluster: String
  /// The strategy, as it is written on the command line.
  public let strategy: String
  /// Whether every device's share fits in its memory.
  public let fits: Bool
  /// Why it does not.
  public let reason: String?
  /// From the start of the prompt until the first token has been chosen.
  public let time_to_first_token_s: Double?
  /// Tokens per second of the whole batch after the first one; with a single token, that token over the time it took; `nil`
  /// where they take no time.
  public let tokens_per_second: Double?
  /// Until the last rank ended.
  public let total_s: Double?
  /// Payload bytes sent by all devices.
  public let bytes_sent: Int?
  /// The same for each generated token, prompt included.
  public let bytes_sent_per_token: Double?
  /// Messages between all devices.
  public let messages: Int?
  /// The share of the time that the strategy's devices spent computing.
  public let busy_fraction: Double?
  /// All devices of the cluster, from beginning to end.
  public let energy_j: Double?
  /// The same for each generated token.
  public let energy_per_token_j: Double?
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
  /// Each sequence's generated tokens; only in runs with values.
  public let tokens: [[Int]]?
  /// The text of each sequence's tokens up to the one that ends it; only in runs with values.
  public let text: [String]?
  /// Where compute time, and with it energy, comes from.
  public let compute: ComputeBasis
  /// SHA-256 of the event log, as lowercase hexadecimal digits.
  public let event_log_sha256: String?
  /// Where the run record is.
  public let record: String?
  /// Where the trace is.
  public let trace: String?
}

/// A model, a strategy and a workload, to be run on a cluster.
public struct LlamaExperiment: Sendable {
  /// What reports call the model.
  public var modelName: String
  /// The model.
  public var configuration: LlamaConfiguration
  /// How it is spread.
  public var strategy: ParallelStrategy
  /// What is asked of it.
  public var workload: LlamaWorkload
  /// Where it runs.
  public var cluster: Cluster
  /// What its prompts say, for a run with values.
  public var text: ScenarioText?
  /// The devices that play the strategy's parts; `nil` for those with which it does best.
  var placement: DevicePlacement?

  /// An experiment; it is checked when it is validated or run.
  public init(
    modelName: String, configuration: LlamaConfiguration, strategy: ParallelStrategy, workload: LlamaWorkload,
    cluster: Cluster, text: ScenarioText? = nil
  ) {
    self.modelName = modelName
    self.configuration = configuration
    self.strategy = strategy
    self.workload = workload
    self.cluster = cluster
    self.text = text
  }

  /// - Throws: what keeps the strategy from suiting the model, the workload or the number of devices.
  public func validate() throws { _ = try makeProgram(speeds: relativeSpeeds) }

  private func makeProgram(speeds: [Double], keepsLogits: Bool = false) throws -> LlamaProgram {
    try LlamaProgram(
      configuration: configuration, strategy: strategy, workload: workload, speeds: speeds,
      input: text?.input(keepsLogits: keepsLogits))
  }

  /// Simulates the experiment. A strategy that does not fit in memory is a result, not an error.
  ///
  /// Where devices are unequal, ways to choose and order the strategy's are tried, and the best one is predicted: the order
  /// in which the cluster lists its devices does not matter, unless it is a part of the network.
  ///
  /// - Throws: `StrategyError` when the strategy does not suit the model or the cluster; ``RunFailure``.
  ///
  /// - Parameter takeLogits: in a run with values, is given the logits that the first sequence's tokens were chosen by,
  ///   one row for each step.
  public func predict(
    options: SimulationOptions = SimulationOptions(), takeLogits: (([[Float]]) throws -> Void)? = nil
  ) throws -> LlamaPrediction {
    var options = options
    let (placement, tried) = try chosenPlacement(&options)
    return try predict(on: placement, tried: tried, options: options, takeLogits: takeLogits)
  }

  /// - Parameter tried: how many placements have been tried; `nil` in such a trial itself.
  private func predict(
    on placement: DevicePlacement, tried: Int?, options: SimulationOptions, takeLogits: (([[Float]]) throws -> Void)?
  ) throws -> LlamaPrediction {
    let speeds = relativeSpeeds
    let program = try makeProgram(
      speeds: strategy.deviceCount > speeds.count ? speeds : placement.ranks.map { speeds[$0] },
      keepsLogits: takeLogits != nil)
    let outcomes = OutcomeCollector()
    let run = { (cluster: Cluster, options: SimulationOptions) in
      try World.simulate(cluster, options: options) { rank in
        guard let context = try await placement.context(of: rank) else { return }
        let outcome = try await program.run(in: context)
        outcomes.add(outcome)
        if let first = outcome.timeToFirstToken { rank.mark("first token", at: first) }
      }
    }
    do {
      let report = try run(cluster, options)
      try takeLogits?(outcomes.generating?.logits ?? [])
      return prediction(report, on: placement, tried: tried, outcome: outcomes.generating, options: options)
    } catch let failure as RunFailure {
      guard let shortage = failure.outOfMemory else { throw failure }
      let needs = try tried.map { _ in try memoryNeeds(on: placement, of: cluster, options: options, run: run) }
      return unfit(
        because: shortage, record: failure.recordPath, needs, on: placement, tried: tried, options: options)
    }
  }

  /// How fast each device would do the whole workload alone, by its roofline: what unequal shares go by.
  public var relativeSpeeds: [Double] {
    let bytes = Double(configuration.parameterCount * configuration.elementType.byteCount)
    func cost(ofTokens tokens: Int) -> OperationCost {
      OperationCost(
        flops: 2 * Double(configuration.parameterCount) * Double(tokens), bytesRead: bytes, bytesWritten: 0)
    }
    let prefill = cost(ofTokens: workload.promptLength * workload.batchSize)
    let decode = cost(ofTokens: workload.batchSize)
    return cluster.devices.map { device in
      let model = device.computeModel
      let work =
        Double(model.picoseconds(of: prefill, elementType: configuration.elementType))
        + Double(workload.generatedTokenCount)
        * Double(model.picoseconds(of: decode, elementType: configuration.elementType))
      return work > 0 ? device.sustainedSpeed / work : 1
    }
  }

  private func prediction(
    _ report: SimulationReport, on placement: DevicePlacement, tried: Int?, outcome: LlamaOutcome?,
    options: SimulationOptions
  ) -> LlamaPrediction {
    let tokens = outcome?.tokenCount ?? 0
    let generated = outcome.flatMap { $0.tokens.isEmpty ? nil : $0.tokens }
    let active = placement.ranks.map { report.devices[$0] }
    let busy =
      report.total_s > 0 ? active.reduce(0) { $0 + $1.busy_s } / (report.total_s * Double(active.count)) : nil
    return LlamaPrediction(
      model: modelName, cluster: cluster.name, strategy: strategy.description, fits: true, reason: nil,
      time_to_first_token_s: outcome?.timeToFirstToken?.inSeconds, tokens_per_second: outcome?.tokensPerSecond,
      total_s: report.total_s, bytes_sent: report.bytes_sent,
      bytes_sent_per_token: tokens > 0 ? Double(report.bytes_sent) / Double(tokens) : nil,
      messages: report.messages, busy_fraction: busy, energy_j: report.energy_j,
      energy_per_token_j: tokens > 0 ? report.energy_j / Double(tokens) : nil, runs_on: placement.names(in: cluster),
      placements_tried: tried ?? 1, devices: report.devices.map(\.name),
      peak_memory_bytes: report.devices.map(\.peak_memory_bytes), memory_needed: nil, tokens: generated,
      text: generated.map { $0.map { tokens in text?.checkpoint.text(of: tokens) ?? "" } },
      compute: options.basis(on: cluster), event_log_sha256: report.event_log_sha256,
      record: report.record, trace: options.tracePath)
  }

  private func unfit(
    because shortage: OutOfMemory, record: String?, _ needs: [MemoryNeed]?, on placement: DevicePlacement, tried: Int?,
    options: SimulationOptions
  ) -> LlamaPrediction {
    LlamaPrediction(
      model: modelName, cluster: cluster.name, strategy: strategy.description, fits: false, reason: "\(shortage)",
      time_to_first_token_s: nil, tokens_per_second: nil, total_s: nil, bytes_sent: nil, bytes_sent_per_token: nil,
      messages: nil, busy_fraction: nil, energy_j: nil, energy_per_token_j: nil,
      runs_on: placement.names(in: cluster),
      placements_tried: tried ?? 1, devices: cluster.devices.map(\.name),
      peak_memory_bytes: cluster.devices.map { $0.name == shortage.deviceName ? shortage.peak : 0 },
      memory_needed: needs, tokens: nil, text: nil, compute: options.basis(on: cluster), event_log_sha256: nil,
      record: record, trace: nil)
  }
}

extension LlamaExperiment: PlacedExperiment {
  func candidates() throws -> [DevicePlacement] {
    try PlacementCandidates(cluster: cluster, speeds: relativeSpeeds).placements(of: strategy)
  }

  func predict(on placement: DevicePlacement, options: SimulationOptions) throws -> LlamaPrediction {
    try predict(on: placement, tried: nil, options: options, takeLogits: nil)
  }

  /// What `Experiment` asks for.
  func predict(options: SimulationOptions) throws -> LlamaPrediction { try predict(options: options, takeLogits: nil) }
}

extension LlamaPrediction: RankedPrediction {
  /// Many tokens per second, then an early first token.
  var merit: [Double]? { fits ? [rate, -(time_to_first_token_s ?? .infinity)] : nil }

  /// Tokens per second; infinitely many where they take no time, as between devices whose `compute` is `instant`.
  var rate: Double { fits ? tokens_per_second ?? .infinity : 0 }
}

extension LlamaOutcome {
  /// Tokens per second of the whole batch after the first one; with a single one, that over the time it took; `nil` where
  /// they took no time.
  var tokensPerSecond: Double? {
    guard let first = tokenTimes.first, let last = tokenTimes.last else { return nil }
    let (count, time) = tokenTimes.count > 1 ? (tokenTimes.count - 1, last - first) : (1, first)
    return time > .zero ? Double(batchSize) * Double(count) / time.inSeconds : nil
  }
}

/// Takes the ranks' outcomes.
///
/// Sendable without checks because ranks run one at a time on one thread.
private final class OutcomeCollector: @unchecked Sendable {
  /// The outcome of a rank that chose tokens.
  private(set) var generating: LlamaOutcome?

  func add(_ outcome: LlamaOutcome) {
    if generating == nil, outcome.timeToFirstToken != nil { generating = outcome }
  }
}
