import Devices
import Quantities

/// What `uniference devices --json` prints.
struct DeviceListing: Encodable {
  struct Device: Encodable {
    let id: String
    let name: String
    /// By the name in cluster files.
    let figures: [String: Entry]
  }

  struct Entry: Encodable {
    let value: Double
    let unit: String
    let source: String
    let source_kind: String
    let source_url: String?
  }

  let devices: [Device]

  init(devices: [DeviceSpecification]) {
    self.devices = devices.map { device in
      let entries = device.listing.map { listing in
        let (value, unit) = listing.field.number(in: device)
        return (
          listing.field.rawValue,
          Entry(
            value: value, unit: unit, source: listing.source.text, source_kind: "\(listing.source.kind)",
            source_url: listing.source.url)
        )
      }
      return Device(
        id: device.id, name: device.displayName, figures: Dictionary(entries, uniquingKeysWith: { first, _ in first }))
    }
  }
}

extension DeviceField {
  /// The figure as a number, and its unit.
  fileprivate func number(in device: DeviceSpecification) -> (Double, String) {
    func rate(_ type: ElementType) -> (Double, String) { (device.peak(for: type).value.flopsPerSecond, "FLOP/s") }
    return switch self {
    case .memory: (Double(device.memory.value.bytes), "B")
    case .reservedMemory: (Double(device.reservedMemory.value.bytes), "B")
    case .memoryBandwidth: (device.memoryBandwidth.value.bytesPerSecond, "B/s")
    case .memoryEfficiency: (device.memoryEfficiency.value.value, "1")
    case .peakFloat64: rate(.float64)
    case .peakFloat32: rate(.float32)
    case .peakFloat16: rate(.float16)
    case .peakBFloat16: rate(.bfloat16)
    case .peakFloat8: rate(.float8)
    case .peakFloat4: rate(.float4)
    case .peakInt8: rate(.int8)
    case .computeEfficiency: (device.computeEfficiency.value.value, "1")
    case .launchOverhead: (device.launchOverhead.value.inSeconds, "s")
    case .hostLink: (device.hostLink?.value.bytesPerSecond ?? 0, "B/s")
    case .idlePower: (device.idlePower.value.watts, "W")
    case .busyPower: (device.busyPower.value.watts, "W")
    case .memoryBoundPower: (device.memoryBoundPower?.value.value ?? 1, "1")
    case .pollingPower: (device.pollingPower?.value.value ?? 0, "1")
    case .networkEnergyPerByte: (device.networkEnergyPerByte.value.joulesPerByte, "J/B")
    }
  }
}
