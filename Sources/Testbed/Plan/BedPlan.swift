import Quantities

/// The commands that make a bed, in order, and those that remove it. Nothing is executed here.
public struct BedPlan: Sendable {
  private let layout: BedLayout
  private let names: BedNames

  /// A plan for a bed of a name.
  public init(_ layout: BedLayout, name: String) {
    self.layout = layout
    names = BedNames(bed: name)
  }

  /// Makes namespaces, switches, links and shapers.
  public var creation: [SystemCommand] {
    switches + layout.hosts.flatMap(link) + uplink
  }

  /// Removes everything that ``creation`` makes: what is in a namespace goes with it.
  public var removal: [SystemCommand] {
    (layout.hosts.map(names.namespace) + [names.switchNamespace]).map { SystemCommand("ip netns delete \($0)") }
  }

  private var sides: Range<Int> { layout.bottleneck == nil ? 0..<1 : 0..<2 }

  private func side(of host: Int) -> Int { layout.bottleneck?.side(of: host) ?? 0 }

  private var switches: [SystemCommand] {
    [SystemCommand("ip netns add \(names.switchNamespace)"), withoutIPv6(names.switchNamespace)]
      + sides.flatMap { side in
        [
          SystemCommand("ip -n \(names.switchNamespace) link add \(names.bridge(side)) type bridge"),
          SystemCommand("ip -n \(names.switchNamespace) link set \(names.bridge(side)) up"),
        ]
      }
  }

  private func link(to host: Int) -> [SystemCommand] {
    let namespace = names.namespace(of: host)
    let interface = BedNames.hostInterface
    let (hub, port) = (names.switchNamespace, names.port(of: host))
    let rate = layout.rate(of: host)
    return [
      SystemCommand("ip netns add \(namespace)"),
      withoutIPv6(namespace),
      // Of the congestion controls, reno alone may be chosen in every namespace of every kernel.
      SystemCommand([
        "ip", "netns", "exec", namespace, "sh", "-c", "echo reno > /proc/sys/net/ipv4/tcp_congestion_control",
      ]),
      SystemCommand("ip link add \(port) netns \(hub) type veth peer name \(interface) netns \(namespace)"),
      SystemCommand("ip -n \(namespace) link set lo up"),
      SystemCommand("ip -n \(namespace) address add \(names.address(of: host))/24 dev \(interface)"),
      SystemCommand("ip -n \(hub) link set \(port) master \(names.bridge(side(of: host)))"),
    ] + shaped(namespace, interface, rate) + shaped(hub, port, rate)
  }

  private var uplink: [SystemCommand] {
    guard let bottleneck = layout.bottleneck else { return [] }
    let hub = names.switchNamespace
    return [
      SystemCommand("ip -n \(hub) link add \(names.uplink(0)) type veth peer name \(names.uplink(1))")
    ]
      + sides.map { SystemCommand("ip -n \(hub) link set \(names.uplink($0)) master \(names.bridge($0))") }
      + sides.flatMap { shaped(hub, names.uplink($0), bottleneck.rate) }
  }

  private func shaped(_ namespace: String, _ interface: String, _ rate: Bandwidth) -> [SystemCommand] {
    [SystemCommand("ip -n \(namespace) link set \(interface) gso_max_segs \(Self.segmentsAtOnce) up")]
      + LinkShaper(namespace: namespace, interface: interface, rate: rate).commands
  }

  /// Frames that TCP may hand to an interface as one.
  private static let segmentsAtOnce = 8

  /// Hosts would otherwise announce themselves now and then.
  private func withoutIPv6(_ namespace: String) -> SystemCommand {
    SystemCommand([
      "ip", "netns", "exec", namespace, "sh", "-c",
      "[ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6",
    ])
  }
}
