import Quantities

/// The time of an operation on a device nobody has to own.
///
///     time = max(FLOPs / (peak x compute efficiency), bytes / (bandwidth x memory efficiency)) + launch overhead
///
/// An operation is bound by arithmetic or by memory, whichever takes longer, as if the two overlapped perfectly:
/// Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore architectures",
/// Communications of the ACM 52(4), 2009. The model knows no caches: every byte of an ``OperationCost`` is moved.
public struct RooflineModel: Hashable, Sendable {
  // In picoseconds, as plain properties, so that a lookup is a jump and the model needs no heap.
  private let perFloat64: Double
  private let perFloat32: Double
  private let perFloat16: Double
  private let perBFloat16: Double
  private let perFloat8: Double
  private let perFloat4: Double
  private let perInt8: Double
  private let perInteger: Double
  private let perByte: Double
  private let launchOverhead: Double

  /// The model of a device's figures as they stand.
  public init(_ device: DeviceSpecification) {
    let efficiency = device.computeEfficiency.value.value
    func picosecondsPerFlop(_ type: ElementType) -> Double {
      1e12 / (device.peak(for: type).value.flopsPerSecond * efficiency)
    }
    perFloat64 = picosecondsPerFlop(.float64)
    perFloat32 = picosecondsPerFlop(.float32)
    perFloat16 = picosecondsPerFlop(.float16)
    perBFloat16 = picosecondsPerFlop(.bfloat16)
    perFloat8 = picosecondsPerFlop(.float8)
    perFloat4 = picosecondsPerFlop(.float4)
    perInt8 = picosecondsPerFlop(.int8)
    perInteger = picosecondsPerFlop(.int32)
    perByte = 1e12 / (device.memoryBandwidth.value.bytesPerSecond * device.memoryEfficiency.value.value)
    launchOverhead = Double(device.launchOverhead.value.picoseconds)
  }

  /// The time of an operation that computes in `elementType`, to the nearest picosecond, or `Picoseconds.forever`. O(1).
  public func picoseconds(of cost: OperationCost, elementType: ElementType) -> Int64 {
    let arithmetic = cost.flops * picosecondsPerFlop(elementType)
    let memory = (cost.bytesRead + cost.bytesWritten) * perByte
    return Picoseconds.nearest(max(arithmetic, memory) + launchOverhead)
  }

  /// How long an operation's arithmetic alone takes, to the nearest picosecond.
  public func arithmeticPicoseconds(of cost: OperationCost, elementType: ElementType) -> Int64 {
    Picoseconds.nearest(cost.flops * picosecondsPerFlop(elementType))
  }

  /// The time of an operation that computes in `elementType`.
  public func duration(of cost: OperationCost, elementType: ElementType) -> Duration {
    .picoseconds(picoseconds(of: cost, elementType: elementType))
  }

  /// Whether arithmetic takes longer than memory: the operation lies right of the roofline's ridge.
  public func isComputeBound(_ cost: OperationCost, elementType: ElementType) -> Bool {
    cost.flops * picosecondsPerFlop(elementType) > (cost.bytesRead + cost.bytesWritten) * perByte
  }

  private func picosecondsPerFlop(_ type: ElementType) -> Double {
    switch type {
    case .float64: perFloat64
    case .float32: perFloat32
    case .float16: perFloat16
    case .bfloat16: perBFloat16
    case .float8: perFloat8
    case .float4: perFloat4
    case .int8, .uint8, .bool: perInt8
    case .int16, .int32, .int64: perInteger
    }
  }
}
