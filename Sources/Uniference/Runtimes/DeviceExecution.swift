import Devices
import Hosts
import Tensors

/// How one device executes operations: its runtime's figures for it, or the catalogue's.
struct DeviceExecution: Sendable {
  /// What dispatch costs the host of an accelerator; `nil` where the processor itself runs the program.
  let dispatch: DispatchModel?
  /// What starting a kernel costs the device, where that is not the device's own `launch_overhead`.
  let launchGap: Duration?
  /// What kernels reach.
  let efficiencies: KernelEfficiencies
  /// Whether projections of the same rows are one kernel.
  let mergesProjections: Bool
  /// Whether the times of the libraries' kernels, as they were measured, apply.
  let usesMeasuredTables: Bool
  // Few, so that comparing them one by one is faster than hashing their names.
  private let fusedKinds: [OperationKind]
  private let hostOperations: [(kind: OperationKind, count: Int64)]

  /// - Parameters:
  ///   - runtime: `nil` for the catalogue's figures: an accelerator's launch overhead is then the host's time for each
  ///     operation, and every operation is a kernel.
  ///   - isInstant: whether operations take no time there.
  init(of device: DeviceSpecification, under runtime: Runtime?, isInstant: Bool) {
    let figures = runtime?.figures(for: device) ?? RuntimeFigures()
    let isAccelerator = device.processor == .gpu
    dispatch =
      !isAccelerator || isInstant
      ? nil
      : DispatchModel(
        picosecondsPerOperation: (figures.hostPerOperation ?? device.launchOverhead).value.picoseconds,
        picosecondsPerStep: figures.hostPerStep?.value.picoseconds ?? 0,
        picosecondsPerRequest: (figures.hostPerRequest ?? figures.hostPerStep)?.value.picoseconds ?? 0,
        picosecondsPerSequence: figures.hostPerSequence?.value.picoseconds ?? 0,
        picosecondsOfRequest: figures.requestLatency?.value.picoseconds ?? 0,
        picosecondsBetweenRequests: figures.requestInterval?.value.picoseconds ?? 0,
        picosecondsPerExpertLayer: figures.hostPerExpertLayer?.value.picoseconds ?? 0,
        launchLatencyPicoseconds: figures.launchLatency?.value.picoseconds ?? 0,
        // Latencies of the catalogue's transports have been measured from call to call, dispatch included.
        operationsPerCall: runtime == nil ? 0 : 1,
        communicationGapPicoseconds: figures.communicationGap?.value.picoseconds ?? 0)
    launchGap = figures.launchGap?.value ?? (isAccelerator ? .zero : nil)
    efficiencies = figures.efficiencies
    mergesProjections = figures.mergesProjections?.value ?? false
    usesMeasuredTables = figures.measuredTables?.value ?? true
    fusedKinds = figures.fused?.value ?? []
    hostOperations = figures.hostOperations.map { ($0.key, Int64($0.value.value)) }
  }

  /// Whether such operations are parts of their neighbours' kernels.
  func fuses(_ kind: OperationKind) -> Bool { fusedKinds.contains(kind) }

  /// How many operations of the framework such an operation is.
  func hostOperations(of kind: OperationKind) -> Int64 { hostOperations.first { $0.kind == kind }?.count ?? 1 }
}
