import Quantities

/// The time of an operation on a device nobody has to own.
///
///     arithmetic = FLOPs / (peak x efficiency),  memory = bytes / (bandwidth x efficiency)
///     time = max(arithmetic, memory) + launch overhead                         on CPUs
///     time = sqrt(arithmetic^2 + memory^2) + launch overhead                   on accelerators
///
/// An operation is bound by arithmetic or by memory, whichever takes longer, as if the two overlapped perfectly:
/// Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore architectures",
/// Communications of the ACM 52(4), 2009. The model knows no caches: every byte of an ``OperationCost`` is moved.
///
/// On accelerators the two do not overlap perfectly near the ridge, where the 2-norm lies 1.41 times above the sharp
/// corner, as measured matrix products of A100, H100, H200, B200 and L40S do (`Documentation/runtimes.md`). A library
/// chooses tiles that fit a product's rows and divides the inner size where tiles are few, so no rows are charged as lost.
/// Efficiencies depend on the kind of kernel (``KernelEfficiencies``).
public struct RooflineModel: Hashable, Sendable {
  /// Fixed time to start one operation, in picoseconds.
  public let launchOverhead: Int64
  /// Whether it has a smooth corner.
  private let isSmooth: Bool
  // In picoseconds, as plain properties, so that a lookup is a jump and the model needs no heap.
  private let perFlop: PicosecondsByType
  private let perFlopOfAttention: PicosecondsByType
  private let perByte: Double
  private let perByteOfAttention: Double
  private let perByteOfNarrowMatrix: Double
  private let perByteOfMediumMatrix: Double
  private let perByteOfMatrix: Double
  private let sharesGroupedKeys: Bool
  /// Of a product whose inputs are made narrow before it.
  private let quantizationOfEight: Double
  private let quantizationOfFour: Double
  /// Of what a single product reaches, by products in groups, and what they take beside.
  private let groupedArithmetic: Double
  private let groupedBandwidth: Double
  private let groupedOfSixteen: Double
  private let groupedOfEight: Double
  private let groupedOfFour: Double

  /// The model of a device's figures as they stand.
  ///
  /// - Parameters:
  ///   - efficiencies: those of the kernels that run there, where they are not the device's own.
  ///   - launchOverhead: to start one operation, where that is not the device's own.
  public init(
    _ device: DeviceSpecification, _ efficiencies: KernelEfficiencies = KernelEfficiencies(),
    launchOverhead: Duration? = nil
  ) {
    let (compute, memory) = (device.computeEfficiency.value.value, device.memoryEfficiency.value.value)
    func picosecondsPerByte(_ efficiency: Double?) -> Double {
      1e12 / (device.memoryBandwidth.value.bytesPerSecond * (efficiency ?? memory))
    }
    func picosecondsPerFlop(_ efficiency: (ElementType) -> Double?) -> PicosecondsByType {
      PicosecondsByType { 1e12 / (device.peak(for: $0).value.flopsPerSecond * (efficiency($0) ?? compute)) }
    }
    isSmooth = device.processor == .gpu
    perFlop = picosecondsPerFlop { efficiencies.matrixMatrix[$0] }
    perFlopOfAttention = picosecondsPerFlop { efficiencies.promptAttention ?? efficiencies.matrixMatrix[$0] }
    perByte = picosecondsPerByte(efficiencies.other)
    perByteOfAttention = picosecondsPerByte(efficiencies.decodingAttention)
    perByteOfNarrowMatrix = picosecondsPerByte(efficiencies.matrixVector(.four))
    perByteOfMediumMatrix = picosecondsPerByte(efficiencies.matrixVector(.eight))
    perByteOfMatrix = picosecondsPerByte(efficiencies.matrixVector(.sixteen))
    groupedArithmetic = efficiencies.groupedArithmetic ?? 1
    groupedBandwidth = efficiencies.groupedBandwidth ?? 1
    groupedOfSixteen = efficiencies.groupedPicoseconds[.sixteen] ?? 0
    groupedOfEight = efficiencies.groupedPicoseconds[.eight] ?? groupedOfSixteen
    groupedOfFour = efficiencies.groupedPicoseconds[.four] ?? groupedOfEight
    quantizationOfEight = efficiencies.quantizationPicoseconds[.eight] ?? 0
    quantizationOfFour = efficiencies.quantizationPicoseconds[.four] ?? 0
    sharesGroupedKeys = efficiencies.sharesGroupedKeys
    self.launchOverhead = (launchOverhead ?? device.launchOverhead.value).picoseconds
  }

  /// The time of an operation that computes in `elementType`, to the nearest picosecond, or `Picoseconds.forever`. O(1).
  ///
  /// - Parameter launches: whether it is a kernel of its own, rather than a part of the one before.
  public func picoseconds(
    of cost: OperationCost, elementType: ElementType, shape: KernelShape = .other, launches: Bool = true
  ) -> Int64 {
    var own = kernelPicoseconds(of: cost, elementType: elementType, shape: shape)
    if launches, case .matrixMultiplication = shape {
      if elementType == .float8 { own += quantizationOfEight }
      if elementType == .float4 { own += quantizationOfFour }
    }
    if case .groupedProduct = shape {
      own += elementType == .float8 ? groupedOfEight : elementType == .float4 ? groupedOfFour : groupedOfSixteen
    }
    return Picoseconds.nearest(launches ? own + Double(launchOverhead) : own)
  }

  /// What the kernel of an operation takes on the device, in picoseconds, without starting it.
  func kernelPicoseconds(of cost: OperationCost, elementType: ElementType, shape: KernelShape) -> Double {
    let (arithmetic, memory) = bounds(of: cost, elementType, shape)
    return combined(arithmetic, memory)
  }

  /// How long an operation's arithmetic alone takes, to the nearest picosecond.
  public func arithmeticPicoseconds(of cost: OperationCost, elementType: ElementType) -> Int64 {
    Picoseconds.nearest(cost.flops * perFlop[elementType])
  }

  /// The time of an operation that computes in `elementType`.
  public func duration(of cost: OperationCost, elementType: ElementType, shape: KernelShape = .other) -> Duration {
    .picoseconds(picoseconds(of: cost, elementType: elementType, shape: shape))
  }

  /// The rates that no product of matrices exceeds, at the device's normal speed: arithmetic in any of some types, and
  /// memory for weights of any width.
  package func fastestRates(for types: [ElementType]) -> (flopsPerSecond: Double, bytesPerSecond: Double) {
    let perByte = min(perByteOfNarrowMatrix, perByteOfMediumMatrix, perByteOfMatrix)
    return (1e12 / (types.map { perFlop[$0] }.min() ?? 0), 1e12 / perByte)
  }

  /// Whether arithmetic takes longer than memory: the operation lies right of the roofline's ridge.
  public func isComputeBound(_ cost: OperationCost, elementType: ElementType, shape: KernelShape = .other) -> Bool {
    let (arithmetic, memory) = bounds(of: cost, elementType, shape)
    return arithmetic > memory
  }

  /// How much of a product is bound by arithmetic, from 0 to 1.
  func arithmeticShare(of cost: OperationCost, elementType: ElementType, shape: KernelShape) -> Double {
    let (arithmetic, memory) = bounds(of: cost, elementType, shape)
    let squares = arithmetic * arithmetic + memory * memory
    return squares > 0 ? arithmetic * arithmetic / squares : 0
  }

  /// What arithmetic and memory would take alone, in picoseconds.
  private func bounds(
    of cost: OperationCost, _ type: ElementType, _ shape: KernelShape
  ) -> (arithmetic: Double, memory: Double) {
    let bytes = cost.bytesRead + cost.bytesWritten
    switch shape {
    case .matrixMultiplication(let batch, let rows, let inner, let columns):
      let weights = Double(batch) * Double(inner) * Double(columns)
      let inputs = Double(batch) * Double(rows) * Double(inner) * Double(type.byteCount)
      let bits = weights > 0 ? max(0, cost.bytesRead - inputs) * 8 / weights : 16
      return (cost.flops * perFlop[type], bytes * perByteOfMatrix(bits: bits))
    case .groupedProduct(let groups, let rows, let inner, let columns):
      let product = KernelShape.matrixMultiplication(batch: groups, rows: rows, inner: inner, columns: columns)
      let (arithmetic, memory) = bounds(of: cost, type, product)
      return (arithmetic / groupedArithmetic, memory / groupedBandwidth)
    case .attention(_, let heads, let keyValueHeads, let queries, _, _):
      // A kernel for one query head at a time reads the keys and values of its group again for each.
      let reads = queries == 1 && !sharesGroupedKeys ? Double(heads) / Double(max(1, keyValueHeads)) : 1
      return (cost.flops * perFlopOfAttention[type], bytes * reads * perByteOfAttention)
    case .normalization, .elementwise, .other: return (cost.flops * perFlop[type], bytes * perByte)
    }
  }

  private func perByteOfMatrix(bits: Double) -> Double {
    switch KernelEfficiencies.WeightWidth(bits: bits) {
    case .four: perByteOfNarrowMatrix
    case .eight: perByteOfMediumMatrix
    case .sixteen: perByteOfMatrix
    }
  }

  /// The 2-norm of the two, or the larger one.
  private func combined(_ arithmetic: Double, _ memory: Double) -> Double {
    let (longer, shorter) = (max(arithmetic, memory), min(arithmetic, memory))
    guard isSmooth, shorter > 0, longer.isFinite else { return longer }
    let ratio = shorter / longer
    return longer * (1 + ratio * ratio).squareRoot()
  }
}

/// A time for each element type.
private struct PicosecondsByType: Hashable, Sendable {
  private let float64: Double
  private let float32: Double
  private let float16: Double
  private let bfloat16: Double
  private let float8: Double
  private let float4: Double
  private let int8: Double
  private let integer: Double

  init(_ time: (ElementType) -> Double) {
    float64 = time(.float64)
    float32 = time(.float32)
    float16 = time(.float16)
    bfloat16 = time(.bfloat16)
    float8 = time(.float8)
    float4 = time(.float4)
    int8 = time(.int8)
    integer = time(.int32)
  }

  subscript(type: ElementType) -> Double {
    switch type {
    case .float64: float64
    case .float32: float32
    case .float16: float16
    case .bfloat16: bfloat16
    case .float8: float8
    case .float4: float4
    case .int8, .uint8, .bool: int8
    case .int16, .int32, .int64: integer
    }
  }
}
