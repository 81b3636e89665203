import Quantities

/// What a device's time and traffic cost in energy.
///
///     energy = busy power x busy time + idle power x (total - busy time) + energy per byte x bytes
public struct EnergyAccount: Hashable, Sendable {
  /// Power while waiting.
  public let idlePower: Power
  /// Power while computing.
  public let busyPower: Power
  /// Energy of sending or receiving one byte.
  public let networkEnergyPerByte: EnergyPerByte

  /// The account of a device's figures as they stand.
  public init(_ device: DeviceSpecification) {
    idlePower = device.idlePower.value
    busyPower = device.busyPower.value
    networkEnergyPerByte = device.networkEnergyPerByte.value
  }

  /// The energy of a run.
  /// - Parameters:
  ///   - busy: time spent computing, at most `total`.
  ///   - total: length of the run.
  ///   - bytes: bytes sent plus bytes received.
  public func energy(busy: Duration, total: Duration, bytes: Int) -> Energy {
    precondition(busy >= .zero && busy <= total, "a device cannot be busy \(busy) of \(total)")
    return busyPower * busy + idlePower * (total - busy)
      + Energy(joules: networkEnergyPerByte.joulesPerByte * Double(bytes))
  }
}
