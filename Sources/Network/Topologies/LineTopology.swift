/// Hosts in a row, each connected to the next; a ring is closed by a cable from the last to the first.
///
/// Link `2i` leads from host `i` to the next one, link `2i + 1` back.
struct LineRouter: Router {
  let hosts: Int
  let isRing: Bool

  var mayFork: Bool { isRing && hosts % 2 == 0 }

  let hostsRelay = true

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    let (steps, goesUp) = way(from: source, to: destination, by: choice)
    for step in 0..<steps {
      let host = goesUp ? (source + step) % hosts : (source - step - 1 + hosts) % hosts
      route.append(LinkID(goesUp ? 2 * host : 2 * host + 1))
    }
  }

  func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int]) {
    let (steps, goesUp) = way(from: source, to: destination, by: choice)
    for step in 1..<max(1, steps) { relays.append((source + (goesUp ? step : hosts - step)) % hosts) }
  }

  private func way(from source: Int, to destination: Int, by choice: PathChoice) -> (steps: Int, goesUp: Bool) {
    guard isRing else { return (abs(destination - source), destination > source) }
    let upward = (destination - source + hosts) % hosts
    let goesUp = choice.goesUp(upward, of: hosts, from: source, to: destination, along: 0)
    return (goesUp ? upward : hosts - upward, goesUp)
  }
}

extension Topology {
  /// Hosts in a row; messages pass through those between. Each cable is full duplex.
  public static func line(hosts: Int, link: Link) throws(NetworkError) -> Topology {
    try chain(hosts: hosts, cables: max(0, hosts - 1), isRing: false, link: link)
  }

  /// Messages take the shorter way round; where both are equal, each connection takes one of them. Two hosts have one cable between them.
  public static func ring(hosts: Int, link: Link) throws(NetworkError) -> Topology {
    guard hosts > 2 else { return try line(hosts: hosts, link: link) }
    return try chain(hosts: hosts, cables: hosts, isRing: true, link: link)
  }

  private static func chain(hosts: Int, cables: Int, isRing: Bool, link: Link) throws(NetworkError) -> Topology {
    try Topology(
      hostCount: hosts, links: Array(repeating: link, count: 2 * cables),
      router: LineRouter(hosts: hosts, isRing: isRing)
    ) { link in
      let lower = Int(link) / 2
      let upper = (lower + 1) % hosts
      return link % 2 == 0 ? "host\(lower)->host\(upper)" : "host\(upper)->host\(lower)"
    }
  }
}
