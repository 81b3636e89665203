import Quantities

/// The figures of a device that a cluster file may override, by the names it uses.
public enum DeviceField: String, CaseIterable, Hashable, Sendable {
  case memory
  case reservedMemory = "reserved_memory"
  case memoryBandwidth = "memory_bandwidth"
  case memoryEfficiency = "memory_efficiency"
  case peakFloat64 = "peak_float64"
  case peakFloat32 = "peak_float32"
  case peakFloat16 = "peak_float16"
  case peakBFloat16 = "peak_bfloat16"
  case peakFloat8 = "peak_float8"
  case peakFloat4 = "peak_float4"
  case peakInt8 = "peak_int8"
  case computeEfficiency = "compute_efficiency"
  case launchOverhead = "launch_overhead"
  case hostLink = "host_link"
  case idlePower = "idle_power"
  case busyPower = "busy_power"
  case memoryBoundPower = "memory_bound_power"
  case pollingPower = "polling_power"
  case networkEnergyPerByte = "network_energy_per_byte"

  /// What the figure means, for `uniference devices`.
  public var meaning: String {
    switch self {
    case .memory: "capacity of the memory that holds tensors"
    case .reservedMemory: "memory taken by the operating system and the runtime"
    case .memoryBandwidth: "peak rate of reading and writing that memory"
    case .memoryEfficiency: "fraction of the memory bandwidth that operations reach"
    case .peakFloat64, .peakFloat32, .peakFloat16, .peakBFloat16, .peakFloat8, .peakFloat4, .peakInt8:
      "peak dense arithmetic rate for \(rawValue.dropFirst("peak_".count))"
    case .computeEfficiency: "fraction of the peak arithmetic rate that operations reach"
    case .launchOverhead: "fixed time to start one operation"
    case .hostLink: "peak rate of copies between the memories of host and device, in one direction"
    case .idlePower: "power while waiting"
    case .busyPower: "power while computing"
    case .memoryBoundPower: "power while memory is what takes time: 0 for idle_power, 1 for busy_power"
    case .pollingPower: "power while a kernel of the communication library polls: 0 for idle_power, 1 for busy_power"
    case .networkEnergyPerByte: "energy of sending or receiving one byte"
    }
  }

  /// The values that the figure may have. Sizes are such that all devices of a cluster together have less than 2^63 bytes.
  public var bounds: QuantityBounds {
    switch self {
    case .memory: Self.memoryBounds
    case .reservedMemory: Self.reservedMemoryBounds
    case .memoryBandwidth, .hostLink: Self.memoryBandwidthBounds
    case .memoryEfficiency, .computeEfficiency: Self.efficiencyBounds
    case .memoryBoundPower, .pollingPower: Self.shareBounds
    case .peakFloat64, .peakFloat32, .peakFloat16, .peakBFloat16, .peakFloat8, .peakFloat4, .peakInt8: Self.peakBounds
    case .launchOverhead: Self.overheadBounds
    case .idlePower, .busyPower: Self.powerBounds
    case .networkEnergyPerByte: Self.energyBounds
    }
  }

  private static let memoryBounds = DataSize.bounds(from: "1 B", to: "64 TB")
  private static let reservedMemoryBounds = DataSize.bounds(from: "0 B", to: "64 TB")
  private static let memoryBandwidthBounds = Bandwidth.bounds(from: "1 B/s", to: "1000000 TB/s")
  private static let efficiencyBounds = Ratio.bounds(from: "0.000001", to: "1")
  private static let shareBounds = Ratio.bounds(from: "0", to: "1")
  private static let peakBounds = ComputeRate.bounds(from: "1 FLOPS", to: "1000000 EFLOPS")
  private static let overheadBounds = Duration.bounds(from: "0 s", to: "1 h")
  private static let powerBounds = Power.bounds(from: "0 W", to: "1000 MW")
  private static let energyBounds = EnergyPerByte.bounds(from: "0 J/B", to: "1000 J/B")

  /// The element type whose peak rate the field gives, if it gives one.
  var peakElementType: ElementType? {
    switch self {
    case .peakFloat64: .float64
    case .peakFloat32: .float32
    case .peakFloat16: .float16
    case .peakBFloat16: .bfloat16
    case .peakFloat8: .float8
    case .peakFloat4: .float4
    case .peakInt8: .int8
    default: nil
    }
  }
}
