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

  /// What connects the members of one machine.
  public enum NodeFabric: String, CaseIterable, Sendable, Codable {
    case nvlink, pci, xgmi
  }

  /// Generations of devices whose NCCL or RCCL differ: compute capability 7, 8.0, 8.9, 9 and 10, and AMD's Instinct.
  public enum DeviceGeneration: String, CaseIterable, Sendable, Codable {
    case volta, ampere, ada, hopper, blackwell, cdna
  }

  /// The node that each member sits on, in rank order.
  public var nodeOfMember: [Int]
  /// What one member sends to another one of its node, by one of ``pathCount`` paths.
  public var withinNode: LinkFigures
  /// What one node sends to the others, all its links taken together.
  public var betweenNodes: LinkFigures
  /// Which kind of links join the members of a machine.
  public var nodeFabric: NodeFabric
  /// Which generation of devices sits there.
  public var generation: DeviceGeneration
  /// NCCL's channels: rings or trees that share the data (`NCCL_INFO` prints "coll channels").
  public var channelCount: Int
  /// Network cards of a node that the members use.
  public var cardCount: Int
  /// Paths without a common link from one member to the next: parallel cables, planes of switches.
  public var pathCount: Int
  /// Whether there is a cable between every two members.
  public var isFullMesh: Bool
  /// Whether members on different nodes share a machine all the same, because what joins them is a machine's fabric.
  public var sharesMachine: Bool

  /// A layout; all but the nodes and the links' figures matters to NCCL's model only.
  public init(
    nodeOfMember: [Int], withinNode: LinkFigures, betweenNodes: LinkFigures, nodeFabric: NodeFabric = .nvlink,
    generation: DeviceGeneration = .hopper, channelCount: Int = 24, cardCount: Int = 1, pathCount: Int = 1,
    isFullMesh: Bool = false, sharesMachine: Bool = false
  ) {
    self.nodeOfMember = nodeOfMember
    self.withinNode = withinNode
    self.betweenNodes = betweenNodes
    self.nodeFabric = nodeFabric
    self.generation = generation
    self.channelCount = channelCount
    self.cardCount = cardCount
    self.pathCount = pathCount
    self.isFullMesh = isFullMesh
    self.sharesMachine = sharesMachine
  }

  /// `size` members, each on a node of its own.
  public init(separateNodes size: Int, link: LinkFigures) {
    self.init(nodeOfMember: Array(0..<size), withinNode: link, betweenNodes: link)
  }

  /// Number of nodes that the members sit on. O(members).
  public var nodeCount: Int { Set(nodeOfMember).count }

  /// Number of machines that the members sit on. O(members).
  public var machineCount: Int { sharesMachine ? 1 : nodeCount }

  /// Members of each node, where all nodes have as many and each one's ranks follow each other; otherwise `nil`.
  public var uniformNodeSize: Int? {
    guard let first = nodeOfMember.first else { return nil }
    let size = nodeOfMember.prefix { $0 == first }.count
    guard nodeOfMember.count % size == 0, nodeCount == nodeOfMember.count / size else { return nil }
    let isUniform = nodeOfMember.indices.allSatisfy { nodeOfMember[$0] == nodeOfMember[$0 / size * size] }
    return isUniform ? size : nil
  }
}
