import Quantities

/// What a device's time and traffic cost in energy.
///
///     energy = busy power x arithmetic time + memory-bound power x (busy time - arithmetic time)
///       + waiting power x (total - busy time) + energy per byte x bytes
///
/// Power is linear between memory alone, and arithmetic all the time: an operation whose arithmetic takes a third of it draws
/// a third of the difference more than memory alone.
public struct EnergyAccount: Hashable, Sendable {
  /// Power while waiting without work.
  public let idlePower: Power
  /// Power while a kernel polls for messages.
  public let pollingPower: Power
  /// Power while memory is busy and arithmetic is not.
  public let memoryBoundPower: Power
  /// Power while computing.
  public let busyPower: Power
  /// Energy of sending or receiving one byte.
  public let networkEnergyPerByte: EnergyPerByte

  /// The account of a device's figures as they stand.
  public init(_ device: DeviceSpecification) {
    let (idle, busy) = (device.idlePower.value, device.busyPower.value)
    func power(_ share: Figure<Ratio>?, otherwise: Double) -> Power {
      let share = share?.value.value ?? otherwise
      return Power(watts: idle.watts + share * (busy.watts - idle.watts))
    }
    idlePower = idle
    busyPower = busy
    pollingPower = power(device.pollingPower, otherwise: 0)
    memoryBoundPower = power(device.memoryBoundPower, otherwise: 1)
    networkEnergyPerByte = device.networkEnergyPerByte.value
  }

  /// The energy of a run.
  /// - Parameters:
  ///   - busy: time spent computing, at most `total`.
  ///   - arithmetic: the part of it that arithmetic takes, at most `busy`; all of it unless given.
  ///   - total: length of the run.
  ///   - polls: whether kernels poll while the device waits.
  ///   - bytes: bytes sent plus bytes received.
  public func energy(
    busy: Duration, arithmetic: Duration? = nil, total: Duration, polls: Bool = false, bytes: Int
  ) -> Energy {
    let arithmetic = arithmetic ?? busy
    precondition(busy >= .zero && busy <= total, "a device cannot be busy \(busy) of \(total)")
    precondition(arithmetic >= .zero && arithmetic <= busy, "arithmetic cannot take \(arithmetic) of \(busy)")
    return busyPower * arithmetic + memoryBoundPower * (busy - arithmetic)
      + (polls ? pollingPower : idlePower) * (total - busy)
      + Energy(joules: networkEnergyPerByte.joulesPerByte * Double(bytes))
  }
}
