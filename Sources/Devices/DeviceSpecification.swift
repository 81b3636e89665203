import Quantities

/// What a cost model, a memory account and an energy account need to know of a device, each figure with its source.
public struct DeviceSpecification: Hashable, Sendable {
  /// The name in the catalogue and in cluster files, in kebab case: `jetson-orin-nano`.
  public let id: String
  /// The name for people: `NVIDIA Jetson Orin Nano 8 GB`.
  public let displayName: String
  /// What kind of processor the figures are of.
  public let processor: ProcessorKind
  /// Which devices it is alike, so that equally good predictions can be expected; `nil` for one that is described by its
  /// figures alone.
  public let hardware: HardwareKind?

  /// Capacity of the memory that holds tensors.
  public var memory: Figure<DataSize>
  /// What of it the operating system, the driver and the runtime take.
  public var reservedMemory: Figure<DataSize>
  /// Peak rate of that memory, reads and writes together.
  public var memoryBandwidth: Figure<Bandwidth>
  /// The fraction of the memory bandwidth that operations reach.
  public var memoryEfficiency: Figure<Ratio>
  /// Peak dense arithmetic rate for `float32`.
  public private(set) var float32Peak: Figure<ComputeRate>
  /// Peak dense arithmetic rate for every other element type that has one of its own. See ``peak(for:)``.
  public private(set) var otherPeaks: [ElementType: Figure<ComputeRate>]
  /// The fraction of the peak arithmetic rate that operations reach.
  public var computeEfficiency: Figure<Ratio>
  /// Fixed time to start one operation: dispatch by the host and launch on the device.
  public var launchOverhead: Figure<Duration>
  /// Peak rate of copies between the memories of host and device, in one direction; `nil` where they share one memory.
  public var hostLink: Figure<Bandwidth>?
  /// Power while waiting, with the model loaded.
  public var idlePower: Figure<Power>
  /// Power while computing.
  public var busyPower: Figure<Power>
  /// How far power lies from idle to busy while memory takes longer than arithmetic; all the way unless given.
  public var memoryBoundPower: Figure<Ratio>?
  /// How far power lies from idle to busy while the device waits in a kernel that polls, as NCCL's do; not at all unless
  /// given.
  public var pollingPower: Figure<Ratio>?
  /// Energy of the network interface for each byte that it sends or receives.
  public var networkEnergyPerByte: Figure<EnergyPerByte>

  /// A device.
  public init(
    id: String, displayName: String, processor: ProcessorKind, hardware: HardwareKind? = nil,
    memory: Figure<DataSize>, reservedMemory: Figure<DataSize>,
    memoryBandwidth: Figure<Bandwidth>, memoryEfficiency: Figure<Ratio>,
    float32Peak: Figure<ComputeRate>, otherPeaks: [ElementType: Figure<ComputeRate>],
    computeEfficiency: Figure<Ratio>, launchOverhead: Figure<Duration>,
    idlePower: Figure<Power>, busyPower: Figure<Power>, networkEnergyPerByte: Figure<EnergyPerByte>
  ) {
    self.id = id
    self.displayName = displayName
    self.processor = processor
    self.hardware = hardware
    self.memory = memory
    self.reservedMemory = reservedMemory
    self.memoryBandwidth = memoryBandwidth
    self.memoryEfficiency = memoryEfficiency
    self.float32Peak = float32Peak
    self.otherPeaks = otherPeaks
    self.computeEfficiency = computeEfficiency
    self.launchOverhead = launchOverhead
    self.idlePower = idlePower
    self.busyPower = busyPower
    self.networkEnergyPerByte = networkEnergyPerByte
  }

  /// What remains for weights, activations and caches.
  public var usableMemory: DataSize { memory.value - reservedMemory.value }

  /// The peak arithmetic rate for an element type.
  ///
  /// A type without a figure of its own is computed as the next one of its row that has one, which every device has
  /// for `float32`:
  /// * `bfloat16`, `float8`: `float16`, `float32`; `float4`: `float8`, then as that;
  /// * `int8`, `uint8`, `bool`: `int8`, `float16`, `float32`;
  /// * `int16`, `int32`, `int64`: `float32`;
  /// * `float64`: `float32`, which is too fast on most devices; give `peak_float64` where it matters.
  public func peak(for type: ElementType) -> Figure<ComputeRate> {
    let row: [ElementType] =
      switch type {
      case .float64: [.float64]
      case .float32, .int64, .int32, .int16: []
      case .float16: [.float16]
      case .bfloat16: [.bfloat16, .float16]
      case .float8: [.float8, .float16]
      case .float4: [.float4, .float8, .float16]
      case .int8, .uint8, .bool: [.int8, .float16]
      }
    return row.lazy.compactMap { otherPeaks[$0] }.first ?? float32Peak
  }

  /// The peak arithmetic rate that an element type has of its own.
  public func ownPeak(for type: ElementType) -> Figure<ComputeRate>? {
    type == .float32 ? float32Peak : otherPeaks[type]
  }

  /// Gives an element type a peak rate of its own.
  public mutating func setPeak(_ peak: Figure<ComputeRate>, for type: ElementType) {
    if type == .float32 { float32Peak = peak } else { otherPeaks[type] = peak }
  }
}
