/// A cable between every two hosts.
struct FullMeshRouter: Router {
  let hosts: Int

  func appendRoute(from source: Int, to destination: Int, to route: inout [LinkID]) {
    route.append(LinkID(source * hosts + destination))
  }
}

extension Topology {
  /// Host `i`'s link to host `j` is number `i * hosts + j`; those from a host to itself are never used.
  public static func fullMesh(hosts: Int, link: Link) throws(NetworkError) -> Topology {
    guard hosts <= 4096 else {
      throw .shape("a full mesh of \(hosts) hosts has too many links; use at most 4096 hosts")
    }
    return try Topology(
      hostCount: hosts, links: Array(repeating: link, count: hosts * hosts), router: FullMeshRouter(hosts: hosts)
    ) { "host\(Int($0) / hosts)->host\(Int($0) % hosts)" }
  }
}
