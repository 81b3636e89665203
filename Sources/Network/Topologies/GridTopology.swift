/// A grid of any number of dimensions whose rows end where they end, with dimension-order routing.
///
/// Cables are numbered dimension by dimension, each from a host to the next one along it; cable `c` has links `2c` up and
/// `2c + 1` down.
struct GridRouter: Router {
  let dimensions: [Int]
  let hosts: Int

  let hostsRelay = true

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    walk(from: source, to: destination) { link, _ in route.append(link) }
  }

  func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int]) {
    walk(from: source, to: destination) { _, host in if host != source { relays.append(host) } }
  }

  /// - Parameter step: is told each link of the path, and the host that it leaves.
  @inline(__always)
  private func walk(from source: Int, to destination: Int, _ step: (LinkID, Int) -> Void) {
    var host = source
    var stride = 1
    var firstCable = 0
    for extent in dimensions {
      let target = destination / stride % extent
      while host / stride % extent != target {
        let goesUp = host / stride % extent < target
        let lower = goesUp ? host : host - stride
        let cable = firstCable + lower / (stride * extent) * stride * (extent - 1) + lower % (stride * extent)
        step(LinkID(goesUp ? 2 * cable : 2 * cable + 1), host)
        host += goesUp ? stride : -stride
      }
      firstCable += cables(along: extent)
      stride *= extent
    }
  }

  func name(of link: LinkID) -> String {
    var cable = Int(link) / 2
    var stride = 1
    for extent in dimensions {
      guard cable >= cables(along: extent) else {
        let (block, rest) = cable.quotientAndRemainder(dividingBy: stride * (extent - 1))
        let lower = block * stride * extent + rest
        return link % 2 == 0 ? "host\(lower)->host\(lower + stride)" : "host\(lower + stride)->host\(lower)"
      }
      cable -= cables(along: extent)
      stride *= extent
    }
    preconditionFailure("the grid has no link \(link)")
  }

  func cables(along extent: Int) -> Int { hosts / extent * (extent - 1) }
}

extension Topology {
  /// - Parameter dimensions: the extent along each dimension; host numbers count along the first one first.
  public static func grid(dimensions: [Int], link: Link) throws(NetworkError) -> Topology {
    guard !dimensions.isEmpty, dimensions.allSatisfy({ $0 > 0 }) else {
      throw .shape("a grid has positive extents such as [2, 3], not \(dimensions)")
    }
    let hosts = dimensions.reduce(1, *)
    let router = GridRouter(dimensions: dimensions, hosts: hosts)
    let cables = dimensions.reduce(0) { $0 + router.cables(along: $1) }
    return try Topology(
      hostCount: hosts, links: Array(repeating: link, count: 2 * cables), router: router, linkName: router.name(of:))
  }
}
