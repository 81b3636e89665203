/// How the members of a group exchange messages to perform a collective.
public enum CollectiveAlgorithm: String, CaseIterable, Sendable, Codable {
  /// Neighbours in a ring, one block a step (Patarasuk and Yuan 2009); broadcast and reduce as a pipelined chain.
  case ring
  /// The ring in segments with two in flight, and the ring variants of gloo.
  case segmentedRing
  /// Binomial tree (Thakur, Rabenseifner and Gropp 2005).
  case binomialTree
  /// Partners at doubling distances exchange all they have (Thakur, Rabenseifner and Gropp 2005).
  case recursiveDoubling
  /// Recursive halving, then doubling (Rabenseifner 2004).
  case recursiveHalvingDoubling
  /// Bruck's index and concatenation algorithms (Bruck, Ho, Kipnis, Upfal and Weathersby 1997).
  case bruck
  /// One partner a step, at growing distance (Thakur, Rabenseifner and Gropp 2005).
  case pairwise
  /// Every message posted at once, straight to its destination.
  case flat
  /// Empty messages at doubling distances (Hensgen, Finkel and Manber 1988).
  case dissemination
  /// Two binary trees, half of the data each, in pipelined segments (Sanders, Speck and Träff 2009).
  case doubleBinaryTree
  /// Within each node, then between the nodes, then within each node again.
  case hierarchical
  /// Each node's members reduce, then the nodes, then each node's members pass on, in parallel parts (NCCL's tree).
  case nodeTree
  /// Everybody sends everything to everybody, for small messages within a node (vLLM's custom all-reduce).
  case oneShot
  /// Everybody reduces a block of everybody's and sends it to everybody (vLLM's custom all-reduce).
  case twoShot
  /// The node's switch reduces and multicasts (NVLink SHARP, NCCL's NVLS).
  case inSwitch
  /// The same within nodes, and a tree between them (NCCL's NVLSTree).
  case inSwitchTree
}

extension CollectiveAlgorithm {
  /// The operations that this algorithm performs.
  public var operations: [CollectiveOperation] {
    switch self {
    case .ring: [.allReduce, .allGather, .reduceScatter, .reduce, .broadcast]
    case .segmentedRing: [.allReduce, .allGather, .reduceScatter, .reduce]
    case .binomialTree: [.broadcast, .reduce, .gather, .scatter]
    case .recursiveDoubling: [.allReduce, .allGather]
    case .recursiveHalvingDoubling: [.allReduce, .reduceScatter]
    case .bruck: [.allGather, .allToAll]
    case .pairwise: [.allGather, .reduceScatter, .allToAll]
    case .flat: [.allGather, .reduceScatter, .reduce, .broadcast, .gather, .scatter, .allToAll]
    case .dissemination: [.barrier]
    case .doubleBinaryTree: [.allReduce, .reduce, .broadcast]
    case .hierarchical: [.allReduce, .allGather, .reduceScatter, .broadcast]
    case .nodeTree, .inSwitchTree, .oneShot, .twoShot: [.allReduce]
    case .inSwitch: [.allReduce, .allGather, .reduceScatter]
    }
  }
}

extension CollectiveOperation {
  /// The algorithms that perform this operation.
  public var algorithms: [CollectiveAlgorithm] {
    CollectiveAlgorithm.allCases.filter { $0.operations.contains(self) }
  }
}
