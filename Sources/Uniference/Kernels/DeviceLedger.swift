import Simulation
import SimulationKernel

/// Charges tensor operations to a simulated device.
///
/// Sendable without checks because the device is used only on the engine's thread.
final class DeviceLedger: DeviceAccounting, @unchecked Sendable {
  private let device: SimulatedDevice
  private let rank: Int
  private let times: KernelTimes
  private let execution: DeviceExecution
  private let log: OperationLog?
  /// The latest matrix product, where no other kernel has come since.
  private var latestProduct: MergeableProduct?
  /// How often each operation was charged, where that decides what comes next.
  private var occurrences: [OperationRecord: Int] = [:]

  /// - Parameter execution: how the device's runtime executes operations whose times come from the device's figures.
  init(
    _ device: SimulatedDevice, rank: Int, execution: DeviceExecution, times: KernelTimes, log: OperationLog?
  ) {
    self.device = device
    self.execution = execution
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
      try compute(operation)
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

  func readsValue() { device.readValue() }

  func allocate(byteCount: Int, label: StaticString) throws { try device.allocate(byteCount, label: label) }

  func release(byteCount: Int, label: StaticString) { device.release(byteCount, label: label) }

  private func compute(_ operation: OperationRecord) throws {
    guard !execution.fuses(operation.kind) else {
      return device.computeFused(OperationCost(flops: operation.cost.flops, bytesRead: 0, bytesWritten: 0))
    }
    let product = execution.mergesProjections ? MergeableProduct(operation) : nil
    let isMerged = product != nil && product == latestProduct
    latestProduct = product
    try device.compute(
      operation.cost, elementType: operation.elementType, shape: operation.kernelShape,
      dispatch: isMerged
        ? .merged
        : OperationDispatch(hostOperations: execution.hostOperations(of: operation.kind), launchesKernel: true),
      operation: operation.kind.rawValue)
  }

  private func compute(_ operation: OperationRecord, for time: Duration) throws {
    try device.compute(measured: operation.cost, for: time, operation: operation.kind.rawValue)
  }
}

/// Kernels were to be measured in a run that computes nothing.
struct KernelTimesMissing: Error, CustomStringConvertible {
  var description: String { "there are no kernels to measure in a run without values; add --values" }
}

/// A linear operation that may be one kernel with the next one: as projections of the same rows, whose weights engines keep
/// as one matrix (queries, keys and values; gate and up).
private struct MergeableProduct: Equatable {
  private let rows: Int
  private let inputs: Int

  init?(_ operation: OperationRecord) {
    guard operation.kind == .linear else { return nil }
    (rows, inputs) = (operation.sizes[0], operation.sizes[1])
  }
}
