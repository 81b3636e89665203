/// A cable between every two hosts.
struct FullMeshRouter: Router {
  let hosts: Int

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    route.append(LinkID(source * (hosts - 1) + (destination < source ? destination : destination - 1)))
  }
}

extension Topology {
  /// Each host has links to the others in order.
  public static func fullMesh(hosts: Int, link: Link) throws(NetworkError) -> Topology {
    guard hosts <= 4096 else {
      throw .shape("a full mesh of \(hosts) hosts has too many links; use at most 4096 hosts")
    }
    return try Topology(
      hostCount: hosts, links: Array(repeating: link, count: hosts * (hosts - 1)), router: FullMeshRouter(hosts: hosts)
    ) { link in
      let (source, other) = Int(link).quotientAndRemainder(dividingBy: hosts - 1)
      return "host\(source)->host\(other < source ? other : other + 1)"
    }
  }
}
