/// Who chooses the algorithm of each collective.
public indirect enum AlgorithmSelector: Hashable, Sendable {
  /// The textbook's choices, whose closed forms hold on equal links: rings, binomial trees, dissemination, pairwise.
  case ideal
  /// As gloo under PyTorch, which never looks at sizes.
  case gloo
  /// As NCCL's tuning model: the cheapest algorithm and protocol for the size and the machine.
  case nccl
  /// As NCCL with `NCCL_PROTO=Simple`, which AWS's plugin sets where the network may reorder what it writes: EFA of machines
  /// with A100 (aws-ofi-nccl).
  case ncclSimple
  /// As inference engines: an all-reduce of their own for small messages within a node, otherwise as NCCL.
  case custom
  /// These algorithms for these operations, whatever `otherwise` says; it chooses the rest.
  case fixed([CollectiveOperation: CollectiveAlgorithm], otherwise: AlgorithmSelector)

  /// Names of the selectors that choose for all operations.
  public static let names = ["ideal", "gloo", "nccl", "nccl-simple", "custom"]

  /// The selector called `name`; `nil` for none of ``names``.
  public init?(named name: String) {
    switch name {
    case "ideal": self = .ideal
    case "gloo": self = .gloo
    case "nccl": self = .nccl
    case "nccl-simple": self = .ncclSimple
    case "custom": self = .custom
    default: return nil
    }
  }

  /// How to do a collective of this shape in a group laid out like this.
  ///
  /// - Throws: when a fixed algorithm does not perform the operation or does not fit the layout.
  public func plan(for shape: CollectiveShape, layout: GroupLayout) throws(CollectiveError) -> CollectivePlan {
    guard layout.nodeOfMember.count == shape.size else {
      throw .invalidShape(
        shape.operation, reason: "\(shape.size) members, but the layout places \(layout.nodeOfMember.count)")
    }
    switch self {
    case .ideal: return CollectivePlan(algorithm: Self.idealAlgorithm(for: shape.operation))
    case .gloo: return Self.glooPlan(for: shape.operation)
    case .nccl: return NCCLCostModel(layout: layout).plan(for: shape)
    case .ncclSimple: return NCCLCostModel(layout: layout, protocols: [.simple]).plan(for: shape)
    case .custom:
      return CustomAllReduce(layout: layout).plan(for: shape) ?? NCCLCostModel(layout: layout).plan(for: shape)
    case .fixed(let algorithms, let otherwise):
      guard let algorithm = algorithms[shape.operation] else { return try otherwise.plan(for: shape, layout: layout) }
      guard algorithm.operations.contains(shape.operation) else { throw .unsupported(algorithm, for: shape.operation) }
      var plan = try otherwise.plan(for: shape, layout: layout, by: algorithm)
      switch algorithm {
      case .hierarchical, .nodeTree, .inSwitchTree: plan.nodeSize = try Self.nodeSize(of: algorithm, layout)
      default: break
      }
      return plan
    }
  }

  /// The plan for an algorithm that has been fixed, with the figures of the library that chooses the others.
  private func plan(
    for shape: CollectiveShape, layout: GroupLayout, by algorithm: CollectiveAlgorithm
  ) throws(CollectiveError) -> CollectivePlan {
    switch self {
    case .nccl, .custom:
      if algorithm == .oneShot || algorithm == .twoShot,
        let plan = CustomAllReduce(layout: layout).plan(for: shape, by: algorithm)
      {
        return plan
      }
      return NCCLCostModel(layout: layout).plan(for: shape, by: algorithm)
    case .ncclSimple: return NCCLCostModel(layout: layout, protocols: [.simple]).plan(for: shape, by: algorithm)
    case .ideal, .gloo, .fixed:
      var plan = try plan(for: shape, layout: layout)
      plan.algorithm = algorithm
      return plan
    }
  }

  private static func nodeSize(
    of algorithm: CollectiveAlgorithm, _ layout: GroupLayout
  ) throws(CollectiveError) -> Int {
    if let size = layout.uniformNodeSize { return size }
    throw .invalidPlan(
      algorithm,
      reason: "it needs nodes of equally many members with consecutive ranks, but the members sit on nodes "
        + "\(layout.nodeOfMember); use another algorithm or another group")
  }

  private static func idealAlgorithm(for operation: CollectiveOperation) -> CollectiveAlgorithm {
    switch operation {
    case .allReduce, .allGather, .reduceScatter: .ring
    case .broadcast, .reduce: .binomialTree
    case .gather, .scatter: .flat
    case .allToAll: .pairwise
    case .barrier: .dissemination
    }
  }

  /// The algorithms that PyTorch's gloo process group uses; it never overrides gloo's own choice. Sources: gloo's file
  /// for each operation; `ProcessGroupGloo.cpp` for the copies and for reduce-scatter as an all-reduce.
  private static func glooPlan(for operation: CollectiveOperation) -> CollectivePlan {
    switch operation {
    case .allReduce, .reduce: CollectivePlan(algorithm: .segmentedRing)
    case .allGather, .reduceScatter: CollectivePlan(algorithm: .segmentedRing, copiesBuffers: true)
    case .broadcast: CollectivePlan(algorithm: .binomialTree, waitsForSends: false)
    case .gather, .scatter, .allToAll: CollectivePlan(algorithm: .flat)
    case .barrier: CollectivePlan(algorithm: .dissemination)
    }
  }
}
