/// Every host on one non-blocking switch.
///
/// A path crosses two links, the sender's and the receiver's, so its latency is twice the link's.
struct SwitchRouter: Router {
  let isFullDuplex: Bool

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    if isFullDuplex {
      route.append(LinkID(2 * source))
      route.append(LinkID(2 * destination + 1))
    } else {
      route.append(LinkID(source))
      route.append(LinkID(destination))
    }
  }
}

extension Topology {
  /// - Parameters:
  ///   - links: each host's cable to the switch.
  ///   - isFullDuplex: whether each cable is two links, one for each direction, or one that both share.
  public static func singleSwitch(links: [Link], isFullDuplex: Bool = true) throws(NetworkError) -> Topology {
    try singleSwitch(
      hosts: links.count, links: isFullDuplex ? links.flatMap { [$0, $0] } : links, isFullDuplex: isFullDuplex)
  }

  /// Hosts with equal cables.
  public static func singleSwitch(hosts: Int, link: Link, isFullDuplex: Bool = true) throws(NetworkError) -> Topology {
    try singleSwitch(
      hosts: hosts, links: Array(repeating: link, count: isFullDuplex ? 2 * hosts : hosts), isFullDuplex: isFullDuplex)
  }

  private static func singleSwitch(hosts: Int, links: [Link], isFullDuplex: Bool) throws(NetworkError) -> Topology {
    try Topology(hostCount: hosts, links: links, router: SwitchRouter(isFullDuplex: isFullDuplex)) { link in
      guard isFullDuplex else { return "host\(link)-switch" }
      return link % 2 == 0 ? "host\(link / 2)->switch" : "switch->host\(link / 2)"
    }
  }
}
