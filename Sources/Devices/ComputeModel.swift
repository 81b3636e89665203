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
  /// A kernel's time is its own and that of starting it. The roofline adds the latter; a table's times hold it, since
  /// they were measured with kernel behind kernel in a graph.
  ///
  /// - Parameters:
  ///   - shape: the kernel that it is.
  ///   - launches: whether it is a kernel of its own, rather than a part of the one before, which has been started.
  public func picoseconds(
    of cost: OperationCost, elementType: ElementType, shape: KernelShape = .other, launches: Bool = true
  ) -> Int64 {
    switch self {
    case .roofline(let model):
      model.picoseconds(of: cost, elementType: elementType, shape: shape, launches: launches)
    case .measured(let kernels):
      kernels.picoseconds(of: cost, elementType: elementType, shape: shape, launches: launches)
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
