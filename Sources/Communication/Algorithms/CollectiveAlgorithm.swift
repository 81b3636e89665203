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
}
