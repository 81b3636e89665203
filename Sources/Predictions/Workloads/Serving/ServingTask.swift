import Models
import Quantities
import Serving
import Tensors
import Uniference

/// A language model that is served: requests arrive, and engines batch them.
public struct ServingTask: Workload {
  /// The model, and the rules for it that hold for generating text too.
  public var generation: TextGeneration
  /// The requests.
  public var load: RequestLoad
  /// Replicas of the strategy's devices.
  public var replicaCount = 1
  /// Which replica serves a request.
  public var router = Router.Policy.leastLoaded
  /// How engines schedule iterations.
  public var settings = SchedulerSettings()
  /// The share of each device's memory that the engine may use.
  public var memoryShare = 0.9
  /// What users are promised, if anything.
  public var objective: ServingObjective?

  /// A load on one replica of a model.
  public init(model: LlamaConfiguration, load: RequestLoad) throws(WorkloadError) {
    generation = TextGeneration(
      model: model, shape: try LlamaWorkload(promptLength: 1, generatedTokenCount: 1))
    self.load = load
  }

  /// The model.
  public var model: LlamaConfiguration { generation.model }

  /// `1000 requests, 4 /s (Poisson), 2 replicas (least-loaded), vllm`.
  public var summary: String {
    let replicas = replicaCount == 1 ? "1 replica" : "\(replicaCount) replicas (\(router.rawValue))"
    return "\(load.requestCount) requests, \(load.arrivals.summary), \(replicas), scheduler \(settings.policy.rawValue)"
  }

  /// What records call the program.
  public var programName: String { "serving" }

  /// What it measures.
  public var metrics: [Metric] {
    ServingRun.quantiles.flatMap { $0.metrics } + [
      .requestRate, .servedRate, .outputTokenRate, .totalTokenRate, .goodput, .attainment, .meanBatch, .blockShare,
      .peakBlockShare, .preemptions, .prefixHits, .iterations, .refusedRequests, .totalTime, .bytesSent, .messages,
      .busyFraction, .energy, .energyPerOutputToken,
    ]
  }

  /// What tables show.
  public var columns: [Metric] {
    [.outputTokenRate, .servedRate] + (objective == nil ? [] : [.goodput])
      + [.meanBatch, .blockShare, .busyFraction, .energyPerOutputToken]
  }

  /// Many requests that meet the objective, or else many tokens; then early first tokens.
  public var ranking: [Metric] {
    (objective == nil ? [] : [.goodput]) + [.outputTokenRate, ServingRun.quantiles[0].metrics[2]]
  }

  /// Tensor parallelism, as far as it divides the model and the devices that each replica can have.
  public func candidates(deviceCount: Int) -> [ParallelStrategy] {
    let most = max(1, deviceCount / max(1, replicaCount))
    return (1...most).filter { (try? model.tensorShares(speeds: Array(repeating: 1, count: $0))) != nil }
      .map { $0 == 1 ? .single : .tensor($0) }
  }

  /// Those of generating a token.
  public var passes: [ModelPass] { generation.passes }

  /// The type of weights and activations.
  public var elementType: ElementType { model.elementType }

  /// The same: there are no values.
  public var withoutValues: ServingTask { self }

  /// Values are not computed.
  public var missingForValues: String? { "a workload without serving, whose schedule is computed from shapes" }

  /// Arithmetic that the weights' format needs and a device has not.
  public func obstacle(on cluster: Cluster) -> String? { generation.obstacle(on: cluster) }

  /// Each replica has the strategy's devices.
  public func deviceCount(_ strategy: ParallelStrategy) -> Int {
    let (count, overflow) = strategy.deviceCount.multipliedReportingOverflow(by: replicaCount)
    return overflow ? .max : count
  }

  /// Makes the program for one simulation.
  public func makeRun(_ strategy: ParallelStrategy, speeds: [Double]) throws -> any WorkloadRun {
    guard case .grid(let tensor, 1, 1) = strategy else {
      throw WorkloadError(rule: "\(strategy): a replica is single or tensor=N; use one of these")
    }
    let needed = deviceCount(strategy)
    guard needed <= speeds.count else {
      throw WorkloadError(
        rule: "replicas x devices = \(replicaCount) x \(tensor) = \(needed), the cluster has \(speeds.count)")
    }
    return ServingRun(
      try ServingProgram(
        model, tensor: tensor, replicas: replicaCount, settings: settings, memoryShare: memoryShare, router: router,
        load: load, speeds: speeds), objective: objective)
  }

  /// Which strategy serves best.
  public func verdict(winner: Prediction, among fitting: [Prediction]) -> String {
    guard fitting.count > 1 else { return "\(winner.strategy) is the only strategy that fits in memory." }
    let metric = ranking[0]
    let others = fitting.filter { $0.strategy != winner.strategy }
    guard let best = winner[metric], let next = others.compactMap({ $0[metric] }).max() else {
      return "\(winner.strategy) wins."
    }
    let noun = metric == .goodput ? "requests/s that meet the objective" : "output tokens/s"
    return "\(winner.strategy) wins with \(formatNumber(best, significantDigits: 3)) \(noun), the next best strategy "
      + "has \(formatNumber(next, significantDigits: 3))."
  }
}

extension ArrivalProcess {
  /// `4 /s (Poisson)`.
  var summary: String {
    func rate(_ rate: Double) -> String { "\(formatNumber(rate, significantDigits: 4)) /s" }
    return switch self {
    case .poisson(let value): "\(rate(value)) (Poisson)"
    case .gamma(let value, let variation):
      "\(rate(value)) (gamma, cv \(formatNumber(variation, significantDigits: 3)))"
    case .constant(let value): "\(rate(value)) (constant)"
    case .burst(let size, let interval): "bursts of \(size) every \(interval.shortDescription)"
    case .closedLoop(let concurrency): "\(concurrency) at a time"
    case .trace(let speed):
      speed == 1
        ? "arriving as in the trace"
        : "arriving as in the trace, \(formatNumber(speed, significantDigits: 4)) times as fast"
    }
  }
}
