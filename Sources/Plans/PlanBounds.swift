import Devices
import Models
import Predictions
import Uniference

/// What a candidate's figures cannot be better than, known without simulating it.
///
/// Every bound follows from what any schedule of the strategy's operations and messages has to do. A candidate that a
/// simulated one equals even in its bounds cannot be better, so it need not be simulated. Where nothing is known, as for
/// models other than generating ones or for devices whose kernels were measured, the bounds are those that hold for
/// everything, and nothing is left out.
struct PlanBounds: Sendable {
  /// The best possible value of each metric of which anything is known.
  private(set) var best: [Metric: Double] = [:]
  /// Whether the model's weights and caches are more than the memory of all the strategy's devices.
  private(set) var exceedsMemory = false

  /// - Parameters:
  ///   - speeds: relative speed of each device of the cluster, by which work is divided.
  ///   - sizes: those of the experiment's model; `nil` for a workload of which nothing is known.
  init(
    _ experiment: Experiment, on placement: DevicePlacement, speeds: [Double], _ sizes: MatrixSizes?
  ) throws {
    guard let workload = experiment.workload as? TextGeneration, let sizes else { return }
    let (shape, cluster) = (workload.shape, experiment.cluster)
    let devices = placement.ranks.map { cluster.devices[$0] }
    exceedsMemory = Self.exceedsMemory(workload, experiment.strategy, devices, sizes)
    guard cluster.failures.isEmpty else { return }
    let plan = try LlamaPlan(
      configuration: workload.model, strategy: experiment.strategy, workload: shape,
      speeds: placement.ranks.map { speeds[$0] })
    let compute = ComputeBound(workload, plan, devices, sizes)
    let traffic = try TrafficBound(workload, experiment.strategy, placement, cluster)
    let first = max(compute.first, traffic.first)
    let steps = Double(shape.generatedTokenCount - 1)
    let decoding = max(steps * max(compute.step, traffic.step), max(0, steps - 3) * traffic.stepBytes)
    let tokens = Double(shape.batchSize * shape.generatedTokenCount)
    let total = first + decoding
    best[.timeToFirstToken] = first
    best[.totalTime] = total
    // With a single token, the rate is that token over the time it took.
    let (count, time) = steps > 0 ? (steps, decoding) : (1, first)
    if time > 0 { best[.tokensPerSecond] = Double(shape.batchSize) * count / time }
    if total > 0 { best[.outputRate] = tokens / total }
    if first > 0 { best[.promptRate] = Double(shape.batchSize * shape.promptLength) / first }
    let energy = Self.energy(of: cluster, for: total) + Self.energy(of: devices, compute, steps: steps)
    best[.energy] = energy
    best[.energyPerToken] = energy / tokens
  }

  /// The energy without computing, in joules: each device draws at least the lower of its idle and busy power all the time.
  private static func energy(of cluster: Cluster, for seconds: Double) -> Double {
    cluster.devices.reduce(0) { $0 + $1.specification.leastPower * seconds }
  }

  /// The additional energy of computing, in joules: at least the additional power of memory-bound work, for the lower bound
  /// of each device's compute time.
  private static func energy(of devices: [ClusterDevice], _ compute: ComputeBound, steps: Double) -> Double {
    var energy = 0.0
    for (index, device) in devices.enumerated() {
      let figures = device.specification
      let part = min(1, figures.memoryBoundPower?.value.value ?? 1)
      let seconds = compute.firstBusy[index] + steps * compute.stepBusy[index]
      energy += part * (figures.busyPower.value.watts - figures.leastPower) * seconds
    }
    return energy
  }

  /// Proof: a grid's devices divide layers, heads, columns and vocabulary among them, so each matrix and each key and value
  /// is in at least one device's memory, and together these have no more than the sum of their memories. Under `sequence`
  /// each device has all matrices by itself.
  private static func exceedsMemory(
    _ workload: TextGeneration, _ strategy: ParallelStrategy, _ devices: [ClusterDevice], _ sizes: MatrixSizes
  ) -> Bool {
    let memories = devices.map { $0.specification.usableMemory.bytes }
    let cache = workload.model.keyValueCacheByteCount(
      positionCount: workload.shape.cachedPositionCount, batchSize: workload.shape.batchSize)
    switch strategy {
    case .grid: return Double(sizes.bytes) + Double(cache) > memories.reduce(0) { $0 + Double($1) }
    case .sequence: return memories.contains { sizes.bytes > $0 }
    case .towers: return false
    }
  }
}

extension DeviceSpecification {
  /// In watts, waiting or computing.
  fileprivate var leastPower: Double { min(idlePower.value.watts, busyPower.value.watts) }
}
