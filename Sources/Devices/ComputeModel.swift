import Quantities

/// How the time of a device's operations is found.
public enum ComputeModel: Hashable, Sendable {
  /// From the device's figures.
  case roofline(RooflineModel)
  /// As it was measured on such a device; from the figures where nothing was.
  case measured(MeasuredKernels)
  /// All operations take no time, for studies of the network alone.
  case instant

  /// The time of an operation that computes in `elementType`, in picoseconds. O(1), with tables
  /// O(log n) in the number of their sizes.
  ///
  /// - Parameter shape: the kernel that it is.
  public func picoseconds(of cost: OperationCost, elementType: ElementType, shape: KernelShape = .other) -> Int64 {
    switch self {
    case .roofline(let model): model.picoseconds(of: cost, elementType: elementType, shape: shape)
    case .measured(let kernels): kernels.picoseconds(of: cost, elementType: elementType, shape: shape)
    case .instant: 0
    }
  }

  /// What of each operation's time it takes to start it, in picoseconds.
  public var launchOverhead: Int64 {
    switch self {
    case .roofline(let model): model.launchOverhead
    case .measured(let kernels): kernels.roofline.launchOverhead
    case .instant: 0
    }
  }

  /// How long an operation's arithmetic alone takes, in picoseconds. O(1).
  public func arithmeticPicoseconds(of cost: OperationCost, elementType: ElementType) -> Int64 {
    switch self {
    case .roofline(let model): model.arithmeticPicoseconds(of: cost, elementType: elementType)
    case .measured(let kernels): kernels.roofline.arithmeticPicoseconds(of: cost, elementType: elementType)
    case .instant: 0
    }
  }

  /// The time of an operation that computes in `elementType`.
  public func duration(of cost: OperationCost, elementType: ElementType) -> Duration {
    .picoseconds(picoseconds(of: cost, elementType: elementType))
  }
}
