import Devices
import Models
import Predictions
import Quantities
import Uniference

/// The matrices of a model that products read.
struct MatrixSizes: Sendable {
  /// Elements in each layer that are divided by heads.
  let attention: Int
  /// Elements in each layer that are divided by columns of the feed-forward.
  let feedForward: Int
  let layerCount: Int
  /// Bytes of an element in every layer; 0 where formats differ from layer to layer, and only their sum is known.
  let elementBytes: Int
  /// Of the matrix that makes logits.
  let outputBytes: Int
  /// Of all of them, as they are stored.
  let bytes: Int

  init(_ model: LlamaConfiguration) {
    let layers = model.layerMatrixSize
    layerCount = model.layerCount
    attention = 2 * model.hiddenSize * model.headSize * (model.headCount + model.keyValueHeadCount)
    feedForward = layers.elements / model.layerCount - attention
    elementBytes = model.quantization == nil ? model.elementType.byteCount : 0
    outputBytes = model.outputMatrixSize.bytes
    bytes = layers.bytes + outputBytes
  }
}

/// A lower bound of the compute time, in seconds.
///
/// A device takes no less than F / (its fastest arithmetic) for products of F operations, and no less than B / (its fastest
/// memory access) for matrices of B bytes: the roofline's time is at least either, whatever the kernel, and a sum of maxima
/// is at least the maximum of the sums. Its speed over time counts at its highest. Other operations and starting kernels
/// take time on top. What each device has of the matrices is the strategy's own division.
///
/// * *Grid.* A stage's last all-reduce needs all that each of its devices does there, and the next stage begins after it. So
///   a micro-batch's pass takes at least the sum of the stages' longest devices. The first token needs such a pass of the
///   largest micro-batch; and each stage to do all micro-batches, besides the way of one before and after. A later token of
///   a sequence needs its predecessor, so passes of one micro-batch follow each other: from when the first tokens of all are
///   known, which is when those of the last micro-batch are, its others take a pass each.
///   Where only the sum W of the matrices' bytes is known: with rates rᵢ, a stage with a share w of them takes at least
///   w / Σ rᵢ over its devices, and that sum is at most that of the fastest rates, R; so a pass takes at least W / R.
/// * *Sequence.* Rows are gathered after each layer but the last, which needs all that every device does until then. One
///   device does the later passes alone.
struct ComputeBound {
  /// Until the first token.
  private(set) var first = 0.0
  /// For each token after it.
  private(set) var step = 0.0
  /// How long each device computes until the first token.
  private(set) var firstBusy: [Double]
  /// How long each device computes for each token after it.
  private(set) var stepBusy: [Double]

  private let sizes: MatrixSizes
  private let rates: [(flops: Double, bytes: Double)]
  private let shape: LlamaWorkload

  /// - Parameter devices: in the order of the strategy's parts.
  init(_ workload: TextGeneration, _ plan: LlamaPlan, _ devices: [ClusterDevice], _ sizes: MatrixSizes) {
    let model = workload.model
    // Quantized products may compute in types of their own.
    let types = [model.elementType] + (model.quantization == nil ? [] : [.float16, .int8, .float8, .float4])
    self.sizes = sizes
    shape = workload.shape
    rates = devices.map { $0.fastestRates(for: types) }
    firstBusy = devices.map { _ in 0 }
    stepBusy = firstBusy
    switch plan {
    case .grid(let plan): bound(plan)
    case .sequence(let plan): bound(plan)
    }
  }

  private mutating func bound(_ plan: GridPlan) {
    let microbatches = plan.microbatchSizes
    guard let largest = microbatches.max(), let smallest = microbatches.min() else { return }
    // Of each stage: a pass of the largest and of the smallest micro-batch, and of all.
    var passes: [(largest: Double, smallest: Double, all: Double)] = []
    for (stage, layers) in plan.stageLayers.enumerated() {
      var (pass, longest) = ((largest: 0.0, smallest: 0.0, all: 0.0), 0.0)
      for (part, share) in plan.shares[stage].enumerated() {
        let device = stage * plan.tensor + part
        let own = sizes.size(of: layers, share)
        func time(_ sequences: Int) -> Double { seconds(own, rows: sequences * shape.promptLength, on: device) }
        firstBusy[device] = microbatches.reduce(0) { $0 + time($1) }
        pass = (
          max(pass.largest, time(largest)), max(pass.smallest, time(smallest)), max(pass.all, firstBusy[device])
        )
        let isLast = stage == plan.stageLayers.count - 1
        let output = isLast ? Double(sizes.outputBytes) * share.vocabulary.fraction : 0
        let token = (own.bytes + output) / rates[device].bytes
        stepBusy[device] = token * Double(microbatches.count)
        longest = max(longest, token)
      }
      passes.append(pass)
      step += longest
    }
    let fastest = rates.map(\.bytes).sorted(by: >).prefix(plan.tensor).reduce(0, +)
    step = max(step, Double(sizes.bytes) / fastest)
    let way = passes.reduce(0) { $0 + $1.smallest }
    let chain = max(passes.reduce(0) { $0 + $1.largest }, Double(sizes.bytes - sizes.outputBytes) / fastest)
    first = passes.reduce(chain) { max($0, $1.all + way - $1.smallest) }
  }

  private mutating func bound(_ plan: SequencePlan) {
    let gathered = sizes.size(of: 0..<sizes.layerCount - 1, nil)
    for (device, positions) in plan.positions.enumerated() {
      firstBusy[device] = seconds(gathered, rows: positions.count * shape.batchSize, on: device)
      first = max(first, firstBusy[device])
    }
    step = Double(sizes.bytes) / rates[plan.generator].bytes
    stepBusy[plan.generator] = step
  }

  private func seconds(_ size: (elements: Double, bytes: Double), rows: Int, on device: Int) -> Double {
    max(size.bytes / rates[device].bytes, 2 * Double(rows) * size.elements / rates[device].flops)
  }
}

extension MatrixSizes {
  /// What a device has of some layers; all where there is no share.
  fileprivate func size(of range: Range<Int>, _ share: TensorShare?) -> (elements: Double, bytes: Double) {
    let (heads, columns) = (share?.heads.fraction ?? 1, share?.feedForwardColumns.fraction ?? 1)
    let layer = Double(attention) * heads + Double(feedForward) * columns
    let elements = Double(range.count) * layer
    return (elements, elements * Double(elementBytes))
  }
}

extension AxisShare {
  fileprivate var fraction: Double { Double(range.count) / Double(total) }
}

extension ClusterDevice {
  /// The rates that no product exceeds; infinite where times are not those of the figures.
  fileprivate func fastestRates(for types: [ElementType]) -> (flops: Double, bytes: Double) {
    guard case .roofline(let roofline) = computeModel else { return (.infinity, .infinity) }
    let fastest = speed.scale * max(1, speed.slowdowns.map(\.speed).max() ?? 1)
    let rates = roofline.fastestRates(for: types)
    return (rates.flopsPerSecond * fastest, rates.bytesPerSecond * fastest)
  }
}
