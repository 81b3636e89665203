import Simulation
import SimulationKernel

/// Charges tensor operations to a simulated device.
///
/// Sendable without checks because the device is used only on the engine's thread.
final class DeviceLedger: DeviceAccounting, @unchecked Sendable {
  private let device: SimulatedDevice
  private let rank: Int
  private let times: KernelTimes
  private let log: OperationLog?
  /// How often each operation was charged, where that decides what comes next.
  private var occurrences: [OperationRecord: Int] = [:]

  init(_ device: SimulatedDevice, rank: Int, times: KernelTimes, log: OperationLog?) {
    self.device = device
    self.rank = rank
    self.times = times
    self.log = log
  }

  var measuresKernels: Bool {
    if case .measured = times { true } else { false }
  }

  func charge(_ operation: OperationRecord, kernelTime: Duration?) throws {
    switch times {
    case .described:
      try device.compute(
        operation.cost, elementType: operation.elementType, shape: operation.kernelShape,
        operation: operation.kind.rawValue)
    case .measured:
      guard let kernelTime else { throw KernelTimesMissing() }
      log?.append(operation, rank: rank, picoseconds: kernelTime.picoseconds)
      try compute(operation, for: kernelTime)
    case .recorded(let recording):
      let occurrence = occurrences[operation, default: 0]
      occurrences[operation] = occurrence + 1
      let picoseconds = try recording.picoseconds(of: operation, rank: rank, occurrence: occurrence)
      try compute(operation, for: .picoseconds(picoseconds))
    }
  }

  func allocate(byteCount: Int, label: StaticString) throws { try device.allocate(byteCount, label: label) }

  func release(byteCount: Int, label: StaticString) { device.release(byteCount, label: label) }

  private func compute(_ operation: OperationRecord, for time: Duration) throws {
    try device.compute(measured: operation.cost, for: time, operation: operation.kind.rawValue)
  }
}

/// Kernels were to be measured in a run that computes nothing.
struct KernelTimesMissing: Error, CustomStringConvertible {
  var description: String { "there are no kernels to measure in a run without values; add --values" }
}
