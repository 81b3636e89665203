import Quantities

extension DeviceSpecification {
  /// Overrides one figure, as a cluster file does: `set(field: "memory", to: "16 GiB")`.
  ///
  /// A combination of figures that no device can have is found by ``validate()``, once all overrides are made.
  /// - Throws: ``DeviceError`` for an unknown field or a value that the field does not allow.
  public mutating func set(
    field name: String, to text: String, source: FigureSource = .clusterFile
  ) throws(DeviceError) {
    guard let field = DeviceField(rawValue: name) else {
      throw .unknownField(name, nearest: nearestName(to: name, among: DeviceField.allCases.map(\.rawValue)))
    }
    do throws(QuantityError) {
      try set(field, to: text, source: source)
    } catch {
      throw .invalidFigure(field, error)
    }
  }

  /// The device with figures overridden one after the other, checked as a whole.
  public func overriding(
    _ fields: some Sequence<(String, String)>, source: FigureSource = .clusterFile
  ) throws(DeviceError) -> DeviceSpecification {
    var device = self
    for (field, text) in fields { try device.set(field: field, to: text, source: source) }
    try device.validate()
    return device
  }

  /// - Throws: ``DeviceError`` when no memory is left for tensors or waiting takes more power than computing.
  public func validate() throws(DeviceError) {
    guard reservedMemory.value < memory.value else {
      throw .noUsableMemory(memory: memory.value, reserved: reservedMemory.value)
    }
    guard idlePower.value <= busyPower.value else {
      throw .idleAboveBusyPower(idle: idlePower.value, busy: busyPower.value)
    }
  }

  private mutating func set(_ field: DeviceField, to text: String, source: FigureSource) throws(QuantityError) {
    switch field {
    case .memory: memory = Figure(try DataSize(parsing: text, field.bounds), source)
    case .reservedMemory: reservedMemory = Figure(try DataSize(parsing: text, field.bounds), source)
    case .memoryBandwidth: memoryBandwidth = Figure(try Bandwidth(parsing: text, field.bounds), source)
    case .memoryEfficiency: memoryEfficiency = Figure(try Ratio(parsing: text, field.bounds), source)
    case .peakFloat64, .peakFloat32, .peakFloat16, .peakBFloat16, .peakFloat8, .peakFloat4, .peakInt8:
      let peak = Figure(try ComputeRate(parsing: text, field.bounds), source)
      if let type = field.peakElementType { setPeak(peak, for: type) }
    case .computeEfficiency: computeEfficiency = Figure(try Ratio(parsing: text, field.bounds), source)
    case .launchOverhead: launchOverhead = Figure(try Duration(parsing: text, field.bounds), source)
    case .hostLink: hostLink = Figure(try Bandwidth(parsing: text, field.bounds), source)
    case .idlePower: idlePower = Figure(try Power(parsing: text, field.bounds), source)
    case .busyPower: busyPower = Figure(try Power(parsing: text, field.bounds), source)
    case .memoryBoundPower: memoryBoundPower = Figure(try Ratio(parsing: text, field.bounds), source)
    case .pollingPower: pollingPower = Figure(try Ratio(parsing: text, field.bounds), source)
    case .networkEnergyPerByte:
      networkEnergyPerByte = Figure(try EnergyPerByte(parsing: text, field.bounds), source)
    }
  }
}
