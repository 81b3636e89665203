import Quantities

/// One figure of a device as text, for tables.
public struct FigureListing: Hashable, Sendable {
  /// Which figure.
  public let field: DeviceField
  /// The value as people write it: `8 GiB`, `62.5%`, `10.24 TFLOPS`.
  public let value: String
  /// Where it comes from.
  public let source: FigureSource
}

extension DeviceSpecification {
  /// All figures with their sources, in the order of ``DeviceField``. Peak rates that the device has no figure of its
  /// own for are left out.
  public var listing: [FigureListing] {
    DeviceField.allCases.compactMap(listing(of:))
  }

  private func listing(of field: DeviceField) -> FigureListing? {
    func entry<Value>(_ figure: Figure<Value>, _ text: (Value) -> String) -> FigureListing {
      FigureListing(field: field, value: text(figure.value), source: figure.source)
    }
    switch field {
    case .memory: return entry(memory, \.binaryDescription)
    case .reservedMemory: return entry(reservedMemory, \.binaryDescription)
    case .memoryBandwidth: return entry(memoryBandwidth, \.byteRateDescription)
    case .memoryEfficiency: return entry(memoryEfficiency, \.description)
    case .peakFloat64, .peakFloat32, .peakFloat16, .peakBFloat16, .peakFloat8, .peakFloat4, .peakInt8:
      return field.peakElementType.flatMap { ownPeak(for: $0) }.map { entry($0, \.description) }
    case .computeEfficiency: return entry(computeEfficiency, \.description)
    case .launchOverhead: return entry(launchOverhead, \.shortDescription)
    case .hostLink: return hostLink.map { entry($0, \.byteRateDescription) }
    case .idlePower: return entry(idlePower, \.description)
    case .busyPower: return entry(busyPower, \.description)
    case .memoryBoundPower: return memoryBoundPower.map { entry($0, \.description) }
    case .pollingPower: return pollingPower.map { entry($0, \.description) }
    case .networkEnergyPerByte: return entry(networkEnergyPerByte, \.description)
    }
  }
}
