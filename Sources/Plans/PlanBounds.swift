import Communication
import Devices
import Models
import Network
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

  init(_ experiment: Experiment, on placement: DevicePlacement) throws {
    guard let workload = experiment.workload as? TextGeneration else { return }
    let devices = placement.ranks.map { experiment.cluster.devices[$0] }
    exceedsMemory = Self.exceedsMemory(workload, experiment.strategy, devices)
    guard experiment.cluster.failures.isEmpty else { return }
    let compute = ComputeBound(workload, experiment.strategy, devices)
    let traffic = try TrafficBound(workload, experiment.strategy, placement, experiment.cluster)
    let first = max(compute.first, traffic.first)
    let steps = Double(workload.shape.generatedTokenCount - 1)
    let decoding = max(steps * compute.step, steps * traffic.step, max(0, steps - 3) * traffic.stepBytes)
    let tokens = Double(workload.shape.batchSize * workload.shape.generatedTokenCount)
    let total = first + decoding
    best[.timeToFirstToken] = first
    best[.totalTime] = total
    // With a single token, the rate is that token over the time it took.
    let (count, time) = steps > 0 ? (steps, decoding) : (1, first)
    if time > 0 { best[.tokensPerSecond] = Double(workload.shape.batchSize) * count / time }
    if total > 0 { best[.outputRate] = tokens / total }
    if first > 0 { best[.promptRate] = Double(workload.shape.batchSize * workload.shape.promptLength) / first }
    // A device takes at least the smaller of its two powers from the beginning to the end.
    let power = experiment.cluster.devices.reduce(0) { sum, device in
      sum + min(device.specification.idlePower.value.watts, device.specification.busyPower.value.watts)
    }
    best[.energy] = power * total
    best[.energyPerToken] = power * total / tokens
  }

  /// Proof: a grid's devices divide layers, heads, columns and vocabulary among them, so each parameter and each key and
  /// value is in at least one device's memory, and together these have no more than the sum of their memories. Under
  /// `sequence` each device has all parameters by itself.
  private static func exceedsMemory(
    _ workload: TextGeneration, _ strategy: ParallelStrategy, _ devices: [ClusterDevice]
  ) -> Bool {
    let memories = devices.map { $0.specification.usableMemory.bytes }
    let (layers, output) = (workload.model.layerMatrixSize.bytes, workload.model.outputMatrixSize.bytes)
    let shape = workload.shape
    let cache = workload.model.keyValueCacheByteCount(
      positionCount: shape.cachedPositionCount, batchSize: shape.batchSize)
    switch strategy {
    case .grid: return Double(layers) + Double(output) + Double(cache) > memories.reduce(0) { $0 + Double($1) }
    case .sequence: return memories.contains { layers + output > $0 }
    case .towers: return false
    }
  }
}

/// What computing takes at least, in seconds.
///
/// A device takes no less than F / (its fastest arithmetic) for products of F operations, and no less than B / (its fastest
/// memory access) for matrices of B bytes: the roofline's time is at least either, whatever the kernel, and a sum of maxima
/// is at least the maximum of the sums. Its speed over time counts at its highest. Other operations and starting kernels
/// take time on top.
///
/// One pass of a grid goes through the stages one after another; in each, `tensor` devices share a matrix. With rates rᵢ, a
/// stage whose share is w takes at least w / Σ rᵢ over its devices, and that sum is at most R, the sum of the `tensor`
/// fastest rates of all. So a pass over a model of W takes at least Σ w / R = W / R.
///
/// * The first token needs a pass of the largest micro-batch, of at least F / microbatches, and all F operations on all
///   devices: F / Σ rᵢ over all.
/// * A later token of a sequence needs its predecessor, so the passes of one micro-batch follow each other. The first tokens
///   of all are known when those of the last micro-batch are; from then on its other tokens take a pass each.
/// * Under `sequence` positions are divided among all devices, and one device does the later passes alone.
private struct ComputeBound {
  /// Until the first token.
  let first: Double
  /// For each token after it.
  let step: Double

  init(_ workload: TextGeneration, _ strategy: ParallelStrategy, _ devices: [ClusterDevice]) {
    let model = workload.model
    // Quantized products may compute in types of their own.
    let types = [model.elementType] + (model.quantization == nil ? [] : [.float16, .int8, .float8, .float4])
    let rates = devices.map { $0.fastestRates(for: types) }
    func sum(_ rates: [Double], of count: Int) -> Double { rates.sorted(by: >).prefix(count).reduce(0, +) }
    let (layers, output) = (model.layerMatrixSize, model.outputMatrixSize)
    let rows = Double(workload.shape.batchSize * workload.shape.promptLength)
    let flops = 2 * Double(layers.elements) * rows
    let (arithmetic, memory) = (rates.map(\.flopsPerSecond), rates.map(\.bytesPerSecond))
    switch strategy {
    case .grid(let tensor, _, let microbatches):
      let bytes = sum(memory, of: tensor)
      first = max(
        flops / Double(microbatches) / sum(arithmetic, of: tensor), flops / sum(arithmetic, of: devices.count),
        Double(layers.bytes) / bytes)
      step = Double(layers.bytes + output.bytes) / bytes
    case .sequence:
      first = max(flops / sum(arithmetic, of: devices.count), Double(layers.bytes) / sum(memory, of: 1))
      step = Double(layers.bytes + output.bytes) / sum(memory, of: 1)
    case .towers: (first, step) = (0, 0)
    }
  }
}

extension ClusterDevice {
  /// The rates that no product exceeds; infinite where times are not those of the figures.
  fileprivate func fastestRates(for types: [ElementType]) -> (flopsPerSecond: Double, bytesPerSecond: Double) {
    guard case .roofline(let roofline) = computeModel else { return (.infinity, .infinity) }
    let fastest = speed.scale * max(1, speed.slowdowns.map(\.speed).max() ?? 1)
    let rates = roofline.fastestRates(for: types)
    return (rates.flopsPerSecond * fastest, rates.bytesPerSecond * fastest)
  }
}
