/// Every host connected to host 0, which relays: a phone with its watches, a hub device.
struct StarRouter: Router {
  let hostsRelay = true

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    if source != 0 { route.append(LinkID(2 * (source - 1))) }
    if destination != 0 { route.append(LinkID(2 * (destination - 1) + 1)) }
  }

  func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int]) {
    if source != 0, destination != 0 { relays.append(0) }
  }
}

extension Topology {
  /// Link `2(i - 1)` leads from host `i` to host 0, the next one back.
  public static func star(hosts: Int, link: Link) throws(NetworkError) -> Topology {
    try Topology(
      hostCount: hosts, links: Array(repeating: link, count: 2 * max(0, hosts - 1)), router: StarRouter()
    ) { $0 % 2 == 0 ? "host\($0 / 2 + 1)->host0" : "host0->host\($0 / 2 + 1)" }
  }
}
