/// Where the members of a group sit, and what the links between them do: all that a selector looks at beyond the
/// collective's shape.
public struct GroupLayout: Hashable, Sendable {
  /// The links of one level.
  public struct LinkFigures: Hashable, Sendable {
    /// Bytes per second in one direction.
    public var bytesPerSecond: Double
    /// Time that the first byte of a message takes.
    public var latency: Duration

    /// The links of one level.
    public init(bytesPerSecond: Double, latency: Duration) {
      self.bytesPerSecond = bytesPerSecond
      self.latency = latency
    }
  }

  /// What connects the members of one node.
  public enum NodeFabric: String, CaseIterable, Sendable, Codable {
    case nvlink, pci
  }

  /// Generations of NVIDIA devices that NCCL's model tells apart (compute capability 7, 8, 9 and 10).
  public enum DeviceGeneration: String, CaseIterable, Sendable, Codable {
    case volta, ampere, hopper, blackwell
  }

  /// The node that each member sits on, in rank order.
  public var nodeOfMember: [Int]
  /// What one member sends to another one of its node.
  public var withinNode: LinkFigures
  /// What one node sends to the others, all its links taken together.
  public var betweenNodes: LinkFigures
  /// Which kind of links join the members of a node.
  public var nodeFabric: NodeFabric
  /// Which generation of devices sits there.
  public var generation: DeviceGeneration
  /// NCCL's channels: rings or trees that share the data (`NCCL_INFO` prints "coll channels").
  public var channelCount: Int

  /// A layout; the fabric, generation and channels matter to NCCL's model only.
  public init(
    nodeOfMember: [Int], withinNode: LinkFigures, betweenNodes: LinkFigures, nodeFabric: NodeFabric = .nvlink,
    generation: DeviceGeneration = .hopper, channelCount: Int = 16
  ) {
    self.nodeOfMember = nodeOfMember
    self.withinNode = withinNode
    self.betweenNodes = betweenNodes
    self.nodeFabric = nodeFabric
    self.generation = generation
    self.channelCount = channelCount
  }

  /// `size` members, each on a node of its own.
  public init(separateNodes size: Int, link: LinkFigures) {
    self.init(nodeOfMember: Array(0..<size), withinNode: link, betweenNodes: link)
  }

  /// Number of nodes that the members sit on. O(members).
  public var nodeCount: Int { Set(nodeOfMember).count }

  /// Members of each node, where all nodes have as many and each one's ranks follow each other; otherwise `nil`.
  public var uniformNodeSize: Int? {
    guard let first = nodeOfMember.first else { return nil }
    let size = nodeOfMember.prefix { $0 == first }.count
    guard nodeOfMember.count % size == 0, nodeCount == nodeOfMember.count / size else { return nil }
    let isUniform = nodeOfMember.indices.allSatisfy { nodeOfMember[$0] == nodeOfMember[$0 / size * size] }
    return isUniform ? size : nil
  }
}
