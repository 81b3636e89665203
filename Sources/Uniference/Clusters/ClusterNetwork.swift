import Communication
import Inputs
import Network
import Quantities
import Simulation

/// What lies between a cluster's devices: cables and switches, and the software that sends over them.
public struct ClusterNetwork: Sendable {
  /// How the devices are connected.
  public var topology: TopologyDescription
  /// What the communication library adds to the bare network.
  public var transport: TransportProfile
  /// Who chooses the algorithm of each collective, where that has been said; `nil` leaves it to each process group's
  /// library in scripts, and to the textbook otherwise.
  public var chosenCollectives: AlgorithmSelector?
  /// Links whose figures are not the topology's, by name: `host0->switch`.
  public var links: [String: Link]
  /// Links that change during the run, in any order.
  public var changes: [LinkChange]
  /// The machine that the transport's parameters were fitted to, where its file says so: ``MachineDescription/identity``.
  public var transportMachine: String?
  /// What its file says by former names: a line each, with the names of today.
  package var hints: [String] = []

  /// - Parameter collectives: as the transport's library chooses, unless given: ``collectives(of:)``.
  public init(
    topology: TopologyDescription, transport: TransportProfile = .ideal, collectives: AlgorithmSelector? = nil,
    links: [String: Link] = [:], changes: [LinkChange] = []
  ) {
    self.topology = topology
    self.links = links
    self.transport = transport
    chosenCollectives = collectives ?? Self.collectives(of: transport)
    self.changes = changes
  }

  /// Who chooses the algorithm of each collective: the textbook where nobody has been chosen.
  public var collectives: AlgorithmSelector {
    get { chosenCollectives ?? .ideal }
    set { chosenCollectives = newValue }
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
      guard let number = numbers[name] else { throw .shape("links: there is no link \"\(quotable(name))\"") }
      figures[number] = link
    }
    return try topology.replacing(figures)
  }

  /// The algorithms that go with a transport: gloo's for `gloo-tcp`, NCCL's for `nccl`; others bring none.
  public static func collectives(of transport: TransportProfile) -> AlgorithmSelector? {
    switch transport.name {
    case TransportProfile.glooTCP.name: .gloo
    case TransportProfile.nccl.name: .nccl
    default: nil
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
