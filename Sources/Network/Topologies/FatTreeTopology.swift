/// A three-level fat tree of equal switches with `arity` ports: `arity` pods of `arity / 2` edge and `arity / 2`
/// aggregation switches, `(arity / 2)^2` core switches and up to `arity^3 / 4` hosts.
/// (Al-Fares, Loukissas and Vahdat, SIGCOMM 2008.)
///
/// The way up is chosen by the destination, as in that paper's two-level routing tables.
struct FatTreeRouter: Router {
  let arity: Int

  private var half: Int { arity / 2 }
  private var hosts: Int { arity * half * half }

  /// Cables in the order host-edge, edge-aggregation, aggregation-core; cable `c` has links `2c` up and `2c + 1` down.
  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    let sourceEdge = source / half
    let destinationEdge = destination / half
    route.append(LinkID(2 * source))
    if sourceEdge != destinationEdge {
      let aggregation = destination % half
      route.append(LinkID(2 * (hosts + sourceEdge * half + aggregation)))
      let sourcePod = sourceEdge / half
      let destinationPod = destinationEdge / half
      if sourcePod != destinationPod {
        let core = destination / half % half
        route.append(LinkID(2 * (2 * hosts + (sourcePod * half + aggregation) * half + core)))
        route.append(LinkID(2 * (2 * hosts + (destinationPod * half + aggregation) * half + core) + 1))
      }
      route.append(LinkID(2 * (hosts + destinationEdge * half + aggregation) + 1))
    }
    route.append(LinkID(2 * destination + 1))
  }

  func name(of link: LinkID) -> String {
    let (level, position) = (Int(link) / 2).quotientAndRemainder(dividingBy: hosts)
    let (lower, port) = position.quotientAndRemainder(dividingBy: half)
    let ends: (String, String) =
      switch level {
      case 0: ("host\(position)", "edge\(lower)")
      case 1: ("edge\(lower)", "aggregation\(lower / half * half + port)")
      default: ("aggregation\(lower)", "core\(lower % half * half + port)")
      }
    return link % 2 == 0 ? "\(ends.0)->\(ends.1)" : "\(ends.1)->\(ends.0)"
  }
}

extension Topology {
  /// - Parameters:
  ///   - arity: ports of a switch, an even number.
  ///   - oversubscription: by how much the links above the edge are thinner than the hosts' links; 1 is non-blocking.
  public static func fatTree(
    arity: Int, hosts: Int? = nil, link: Link, oversubscription: Double = 1
  ) throws(NetworkError) -> Topology {
    guard arity >= 2, arity % 2 == 0 else {
      throw .shape("a fat tree's arity is an even number of ports, not \(arity)")
    }
    guard oversubscription > 0 else { throw .shape("oversubscription must be greater than zero") }
    let capacity = arity * arity * arity / 4
    let hosts = hosts ?? capacity
    guard hosts <= capacity else {
      throw .shape("a fat tree of arity \(arity) has arity^3 / 4 = \(capacity) hosts, fewer than \(hosts)")
    }
    let upper = link.scaled(by: 1 / oversubscription)
    let router = FatTreeRouter(arity: arity)
    return try Topology(
      hostCount: hosts,
      links: Array(repeating: link, count: 2 * capacity) + Array(repeating: upper, count: 4 * capacity),
      router: router, linkName: router.name(of:))
  }
}
