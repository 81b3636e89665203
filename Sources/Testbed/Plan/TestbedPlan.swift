import Quantities

/// The commands that make a testbed, in order. Nothing is executed here.
public struct TestbedPlan: Sendable {
  private let layout: TestbedLayout
  private let names: TestbedNames
  private let method: DelayMethod

  /// A plan for a testbed of a name.
  ///
  /// - Parameter method: how links with a delay get it.
  public init(_ layout: TestbedLayout, name: String, method: DelayMethod = .netem) {
    self.layout = layout
    self.method = method
    names = TestbedNames(testbed: name)
  }

  /// Makes namespaces, switches, links and shapers.
  public var creation: [SystemCommand] {
    switches + layout.hosts.flatMap(host) + links + layout.hosts.flatMap(connection) + uplink
  }

  private var hub: String { names.switchNamespace }
  private var sides: Range<Int> { layout.bottleneck == nil ? 0..<1 : 0..<2 }

  private var switches: [SystemCommand] {
    [SystemCommand("ip netns add \(hub)"), withoutIPv6(hub)]
      + sides.flatMap { side in
        [
          SystemCommand("ip -n \(hub) link add \(names.bridge(side)) type bridge"),
          SystemCommand("ip -n \(hub) link set \(names.bridge(side)) up"),
        ]
      }
  }

  private func host(_ host: Int) -> [SystemCommand] {
    let namespace = names.namespace(of: host)
    return [
      SystemCommand("ip netns add \(namespace)"), withoutIPv6(namespace),
      // Of the congestion controls, reno alone may be chosen in every namespace of every kernel.
      SystemCommand(shell: "echo reno > /proc/sys/net/ipv4/tcp_congestion_control").inside(namespace),
      SystemCommand("ip -n \(namespace) link set lo up"),
    ]
  }

  /// Two ends for each host: one in its namespace, one in the switches'.
  private var links: [SystemCommand] {
    guard layout.delay > .zero, case .relay(let command) = method else {
      return layout.hosts.map { host in
        SystemCommand(
          "ip link add \(names.port(of: host)) netns \(hub) type veth peer name \(TestbedNames.hostInterface) "
            + "netns \(names.namespace(of: host))")
      }
    }
    let ends = layout.hosts.map { (near: names.port(of: $0), far: names.farEnd(of: $0)) }
    let nanoseconds = Int((layout.delay.inSeconds * 1e9).rounded())
    let relay = SystemCommand(
      command + ["\(nanoseconds)"] + ends.flatMap { [$0.near, $0.far] }, isService: true)
    return ends.flatMap { [$0.near, $0.far] }.map {
      SystemCommand("ip -n \(hub) tuntap add dev \($0) mode tap vnet_hdr")
    } + [relay.inside(hub)]
      + layout.hosts.map { host in
        SystemCommand(
          "ip -n \(hub) link set \(names.farEnd(of: host)) netns \(names.namespace(of: host)) "
            + "name \(TestbedNames.hostInterface)")
      }
  }

  private func connection(of host: Int) -> [SystemCommand] {
    let namespace = names.namespace(of: host)
    let interface = TestbedNames.hostInterface
    let shaper = LinkShaper(
      rate: layout.rate(of: host), delay: method == .netem ? layout.delay : .zero, hostCount: layout.hostCount)
    let others = layout.hosts.filter { $0 != host }.map(names.address)
    return [
      SystemCommand("ip -n \(namespace) address add \(names.address(of: host))/24 dev \(interface)"),
      SystemCommand(
        "ip -n \(hub) link set \(names.port(of: host)) master \(names.bridge(layout.side(of: host)))"),
    ] + shaper.commands(namespace, interface, at: .host, peers: others)
      + shaper.commands(hub, names.port(of: host), at: .switchPort, peers: others)
  }

  private var uplink: [SystemCommand] {
    guard let bottleneck = layout.bottleneck else { return [] }
    let shaper = LinkShaper(rate: bottleneck.rate, hostCount: layout.hostCount)
    return [SystemCommand("ip -n \(hub) link add \(names.uplink(0)) type veth peer name \(names.uplink(1))")]
      + sides.map { SystemCommand("ip -n \(hub) link set \(names.uplink($0)) master \(names.bridge($0))") }
      + sides.flatMap { side in
        let senders = layout.hosts.filter { bottleneck.side(of: $0) == side }.map(names.address)
        return shaper.commands(hub, names.uplink(side), at: .switchPort, peers: senders)
      }
  }

  /// Hosts would otherwise announce themselves now and then.
  private func withoutIPv6(_ namespace: String) -> SystemCommand {
    SystemCommand(
      shell: "[ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"
    ).inside(namespace)
  }
}
