import Devices

/// One device of a cluster.
public struct ClusterDevice: Hashable, Sendable {
  /// How the times of a device's operations are found.
  public enum Compute: String, CaseIterable, Hashable, Sendable {
    /// From the device's figures.
    case roofline
    /// Operations take no time, for studies of the network alone.
    case instant
  }

  /// Which measured times of kernels the roofline goes by.
  public enum Kernels: Hashable, Sendable {
    /// Those that come with the program for the device, unless the runtime has kernels of its own.
    case shipped
    /// None.
    case none
    /// Those of a file.
    case tables(KernelTables)
  }

  /// Unique in its cluster: `jetson-0`.
  public var name: String
  /// Its figures, those of the cluster file already in place.
  public var specification: DeviceSpecification
  /// Its speed over time.
  public var speed: SpeedProfile
  /// The part of its processor that it may use, if not all of it.
  public var quota: ProcessorQuota?
  /// How the times of its operations are found.
  public var compute: Compute
  /// Which measured times of kernels apply.
  public var kernels: Kernels

  /// What starting a kernel costs the device, where no runtime says so; `nil` for nothing on accelerators.
  package var kernelGap: Duration?

  /// What executes models on it; `nil` for the device's own figures.
  public private(set) var runtime: Runtime?

  /// A device at its normal speed unless told.
  public init(
    name: String, _ specification: DeviceSpecification, speed: SpeedProfile = .normal, quota: ProcessorQuota? = nil,
    compute: Compute = .roofline, kernels: Kernels = .shipped
  ) {
    self.name = name
    self.specification = specification
    self.speed = speed
    self.quota = quota
    self.compute = compute
    self.kernels = kernels
  }

  /// Whether equal work always takes equally long.
  public var hasConstantSpeed: Bool { quota == nil && speed.slowdowns.isEmpty }

  /// The speed of work that goes on for long, where no slowdown holds.
  package var sustainedSpeed: Double { speed.scale * (quota?.share ?? 1) }

  /// The model that gives the times of its operations.
  public var computeModel: ComputeModel {
    switch compute {
    case .roofline:
      let gap = runtime == nil ? kernelGap ?? execution.launchGap : execution.launchGap
      let roofline = RooflineModel(specification, execution.efficiencies, launchOverhead: gap)
      guard let kernelTables,
        let kernels = MeasuredKernels(kernelTables, of: specification, otherwise: roofline, execution.efficiencies)
      else {
        return .roofline(roofline)
      }
      return .measured(kernels)
    case .instant: return .instant
    }
  }

  /// The measured times of kernels that it goes by, if any.
  public var kernelTables: KernelTables? {
    switch kernels {
    case .shipped:
      guard execution.usesMeasuredTables else { return nil }
      // Without the program's own files, as where they have been damaged, times are those of the figures.
      return try? KernelTables.shipped(for: specification)
    case .none: return nil
    case .tables(let tables): return tables
    }
  }

  /// The time of so many operations that cost so much in sum: on an accelerator no less than its host's time for them.
  package func picoseconds(of cost: OperationCost, elementType: ElementType, operations: Int) -> Int64 {
    max(
      computeModel.picoseconds(of: cost, elementType: elementType),
      Int64(operations) * (execution.dispatch?.picosecondsPerOperation ?? 0))
  }

  /// How operations are put on it and executed.
  var execution: DeviceExecution { DeviceExecution(of: specification, under: runtime, isInstant: compute == .instant) }

  /// Has a runtime execute the models on it.
  ///
  /// - Throws: when the runtime does not run on such a device.
  public mutating func setRuntime(_ runtime: Runtime) throws(RuntimeError) {
    try runtime.check(specification)
    self.runtime = runtime
  }
}
