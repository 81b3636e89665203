import Quantities

/// A testbed that commands can be run in.
public struct Testbed: Codable, Sendable {
  /// A host of a testbed.
  public struct Host: Codable, Hashable, Sendable {
    /// Its network namespace.
    public let namespace: String
    /// Its address in the testbed.
    public let address: String
    /// The cores that its processes run on; empty for all.
    public let cores: [Int]
    /// The control group of its processes, where it has less than its cores.
    public let controlGroup: ControlGroup?
  }

  /// What it is called.
  public let name: String
  /// Its hosts, in order.
  public let hosts: [Host]
  /// Its cluster file but for the transport.
  public let clusterText: String
  /// What each link lets pass at once after a rest, where all are alike.
  public let burstBytes: Int?
  /// In packets of how many bytes, where all links are alike.
  public let packetBytes: Int?
  /// How many cores all hosts share; `nil` where each has its own.
  public let sharedCoreCount: Int?

  /// - Parameters:
  ///   - layout: hosts and links.
  ///   - name: what it is called.
  ///   - cores: numbers of the cores that hosts may use.
  ///   - groups: where control groups go, needed for a layout with processor shares.
  public init(_ layout: TestbedLayout, name: String, cores: [Int], groups: ControlGroupRoot?) {
    let names = TestbedNames(testbed: name)
    let shares = CoreAssignment.shares(of: cores, hosts: layout.hostCount)
    self.name = name
    sharedCoreCount = shares.allSatisfy(\.isEmpty) && !cores.isEmpty ? cores.count : nil
    clusterText = ClusterText(layout).body
    let isUniform = layout.linkRates.isEmpty && layout.bottleneck == nil
    let shaper = LinkShaper(rate: layout.rate, hostCount: layout.hostCount)
    burstBytes = isUniform ? shaper.burstBytes : nil
    packetBytes = isUniform ? shaper.packetBytes : nil
    hosts = layout.hosts.map { host in
      let limit = layout.cpuShares[host].map { $0 * Double(max(1, shares[host].count)) }
      return Host(
        namespace: names.namespace(of: host), address: names.address(of: host), cores: shares[host],
        controlGroup: limit.flatMap { limit in
          groups.map {
            ControlGroup(path: "\($0.path)/\(names.controlGroup(of: host))", version: $0.version, cores: limit)
          }
        })
    }
  }

  /// Lines of `/etc/hosts` by which hosts find each other as host0, host1 and so on. torch asks for the names of
  /// addresses in the form that IPv6 has for them.
  var hostsFile: String {
    hosts.enumerated().map { "\($1.address) host\($0)\n::ffff:\($1.address) host\($0)\n" }.joined()
  }

  /// All control groups of the testbed.
  public var controlGroups: [ControlGroup] { hosts.compactMap(\.controlGroup) }

  /// The cluster file.
  ///
  /// - Parameter transport: a profile's name or the path of its file.
  public func clusterFile(transport: String) -> String { clusterText + ClusterText.transport(transport) }
}

/// Where the kernel offers control groups that limit processor time.
public struct ControlGroupRoot: Hashable, Sendable {
  /// A folder.
  public let path: String
  /// The kernel's form of them.
  public let version: ControlGroup.Version
}
