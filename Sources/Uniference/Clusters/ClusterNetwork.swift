import Communication
import Network
import Quantities

/// What lies between a cluster's devices: cables and switches, and the software that sends over them.
public struct ClusterNetwork: Sendable {
  /// How the devices are connected.
  public var topology: TopologyDescription
  /// What the communication library adds to the bare network.
  public var transport: TransportProfile
  /// Who chooses the algorithm of each collective.
  public var collectives: AlgorithmSelector
  /// Links whose figures are not the topology's, by name: `host0->switch`.
  public var links: [String: Link]
  /// Links that change during the run, in any order.
  public var changes: [LinkChange]

  /// - Parameter collectives: as the transport's library chooses, unless given: ``defaultCollectives(for:)``.
  public init(
    topology: TopologyDescription, transport: TransportProfile = .ideal, collectives: AlgorithmSelector? = nil,
    links: [String: Link] = [:], changes: [LinkChange] = []
  ) {
    self.topology = topology
    self.links = links
    self.transport = transport
    self.collectives = collectives ?? Self.defaultCollectives(for: transport)
    self.changes = changes
  }

  /// Every device by a full-duplex cable on one switch.
  ///
  /// - Parameter latency: of one cable. A message crosses two, the sender's and the receiver's.
  public static func `switch`(
    bandwidth: Bandwidth, latency: Duration = .zero, transport: TransportProfile = .ideal
  ) -> ClusterNetwork {
    ClusterNetwork(
      topology: .singleSwitch(link: Link(bandwidth: bandwidth, latency: latency)), transport: transport)
  }

  /// One radio channel that all devices and both directions share.
  ///
  /// - Parameter latency: from one device to another.
  public static func wifi(
    bandwidth: Bandwidth, latency: Duration = .zero, transport: TransportProfile = .ideal
  ) -> ClusterNetwork {
    ClusterNetwork(
      topology: .sharedMedium(channel: Link(bandwidth: bandwidth, latency: latency)), transport: transport)
  }

  /// - Parameter hostNames: the hosts in rank order.
  /// - Throws: when their number does not fit, with the equation, one is out of reach, or a link of ``links`` is missing.
  public func makeTopology(hostNames: [String]) throws(NetworkError) -> Topology {
    let topology = try topology.makeTopology(hostNames: hostNames)
    guard !links.isEmpty else { return topology }
    let numbers = topology.links(named: Set(links.keys))
    var figures: [LinkID: Link] = [:]
    for (name, link) in links.sorted(by: { $0.key < $1.key }) {
      guard let number = numbers[name] else { throw .shape("links: there is no link \"\(name)\"") }
      figures[number] = link
    }
    return try topology.replacing(figures)
  }

  /// The algorithms that go with a transport: gloo's for `gloo-tcp`, NCCL's for `nccl`, else the textbook's.
  public static func defaultCollectives(for transport: TransportProfile) -> AlgorithmSelector {
    switch transport.name {
    case TransportProfile.glooTCP.name: .gloo
    case TransportProfile.nccl.name: .nccl
    default: .ideal
    }
  }
}

extension Bandwidth {
  /// A rate in 10^6 bits per second.
  public static func megabitsPerSecond(_ rate: Double) -> Bandwidth { Bandwidth(bitsPerSecond: rate * 1e6) }
  /// A rate in 10^9 bits per second.
  public static func gigabitsPerSecond(_ rate: Double) -> Bandwidth { Bandwidth(bitsPerSecond: rate * 1e9) }
  /// A rate in 10^9 bytes per second.
  public static func gigabytesPerSecond(_ rate: Double) -> Bandwidth { Bandwidth(bytesPerSecond: rate * 1e9) }
}
