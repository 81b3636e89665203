/// One channel that all stations and both directions share: Wi-Fi, or a bus.
struct SharedMediumRouter: Router {
  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    route.append(0)
  }
}

extension Topology {
  /// All hosts on one channel; a message crosses it once.
  public static func sharedMedium(hosts: Int, channel: Link) throws(NetworkError) -> Topology {
    try Topology(hostCount: hosts, links: [channel], router: SharedMediumRouter()) { _ in "channel" }
  }
}
