import Communication
import Devices
import Network
import Simulation

/// Devices and the network between them.
///
///     let cluster = Cluster(devices: .jetsonOrinNano, count: 4, network: .switch(bandwidth: .gigabitsPerSecond(1)))
public struct Cluster: Sendable {
  /// The largest number of devices that a cluster file may describe.
  public static let maximumDeviceCount = 100_000

  /// What reports call it.
  public var name: String
  /// In rank order. Their names differ.
  public var devices: [ClusterDevice]
  /// What lies between them.
  public var network: ClusterNetwork
  /// Devices that stop working during the run.
  public var failures: [DeviceFailure]

  /// A cluster of any devices.
  public init(
    name: String = "cluster", devices: [ClusterDevice], network: ClusterNetwork, failures: [DeviceFailure] = []
  ) {
    self.name = name
    self.devices = devices
    self.network = network
    self.failures = failures
  }

  /// A cluster of equal devices, named after their model: `jetson-orin-nano-0`, `jetson-orin-nano-1`, ...
  public init(
    name: String = "cluster", devices specification: DeviceSpecification, count: Int, network: ClusterNetwork
  ) {
    let names = Self.names(of: count, called: specification.id)
    self.init(name: name, devices: names.map { ClusterDevice(name: $0, specification) }, network: network)
  }

  /// Has a runtime execute models on all devices, with its own all-reduce where it has one and NCCL would do it otherwise.
  ///
  /// - Throws: when it does not run on one of them.
  public mutating func setRuntime(_ runtime: Runtime) throws(RuntimeError) {
    for index in devices.indices { try devices[index].setRuntime(runtime) }
    let allReduces = devices.map { runtime.figures(for: $0.specification).allReduce?.value }
    if network.chosenCollectives == .nccl, allReduces.allSatisfy({ $0 == .custom }) {
      network.chosenCollectives = .custom
    }
  }

  /// The runtime that executes models on the devices, if one has been set.
  public var runtime: Runtime? { devices.first?.runtime }

  /// Whether the runtime divides the embedding and the output projection of tensor-parallel models.
  package var dividesVocabulary: Bool {
    devices.allSatisfy { $0.runtime?.figures(for: $0.specification).dividesVocabulary?.value ?? true }
  }

  /// The network's hosts, one for each device in rank order, its links and routes.
  ///
  /// - Throws: when the number of devices does not fit the topology, with the equation, or a device is out of reach.
  public func makeTopology() throws(NetworkError) -> Topology {
    try network.makeTopology(hostNames: devices.map(\.name))
  }

  /// What the communication library adds to the bare network.
  public var transport: TransportProfile { network.transport }

  /// Who chooses the algorithm of each collective.
  public var collectives: AlgorithmSelector { network.collectives }

  /// The machine on which each rank's device sits, in rank order.
  public var nodeOfRank: [Int] { network.topology.nodes(ofHosts: devices.count) }

  /// The device called `name`, if there is one. O(devices).
  public func device(named name: String) -> Int? { devices.firstIndex { $0.name == name } }

  /// The rank of each device by its name; of the first where several have one name.
  var ranksByName: [String: Int] {
    Dictionary(devices.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// `jetson` for one device; `jetson-0`, `jetson-1`, ... for several.
  static func names(of count: Int, called name: String) -> [String] {
    count == 1 ? [name] : (0..<count).map { "\(name)-\($0)" }
  }
}
