/// A grid whose rows and columns are closed to rings, of any number of dimensions, with dimension-order routing. Where both
/// ways round are equally long, each connection takes one of them.
///
/// Link `(2d + direction) * hosts + i` leaves host `i` along dimension `d`, upwards for direction 0.
struct TorusRouter: Router {
  let dimensions: [Int]
  let hosts: Int

  var mayFork: Bool { dimensions.contains { $0 % 2 == 0 } }

  let hostsRelay = true

  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    walk(from: source, to: destination, by: choice) { link, _ in route.append(link) }
  }

  func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int]) {
    walk(from: source, to: destination, by: choice) { _, host in if host != source { relays.append(host) } }
  }

  /// - Parameter step: is told each link of a path, and the host that it leaves.
  @inline(__always)
  private func walk(from source: Int, to destination: Int, by choice: PathChoice, _ step: (LinkID, Int) -> Void) {
    var host = source
    var stride = 1
    for (dimension, extent) in dimensions.enumerated() {
      let target = destination / stride % extent
      let upward = (target - host / stride % extent + extent) % extent
      let goesUp = choice.goesUp(upward, of: extent, from: source, to: destination, along: dimension)
      while host / stride % extent != target {
        let position = host / stride % extent
        step(LinkID((2 * dimension + (goesUp ? 0 : 1)) * hosts + host), host)
        let next = (position + (goesUp ? 1 : extent - 1)) % extent
        host += (next - position) * stride
      }
      stride *= extent
    }
  }
}

extension Topology {
  /// - Parameter dimensions: the extent along each dimension; host numbers count along the first one first.
  public static func torus(dimensions: [Int], link: Link) throws(NetworkError) -> Topology {
    guard !dimensions.isEmpty, dimensions.allSatisfy({ $0 > 0 }) else {
      throw .shape("a torus has positive extents such as [4, 4], not \(dimensions)")
    }
    let hosts = dimensions.reduce(1, *)
    return try Topology(
      hostCount: hosts, links: Array(repeating: link, count: 2 * dimensions.count * hosts),
      router: TorusRouter(dimensions: dimensions, hosts: hosts)
    ) { link in
      let (axis, host) = Int(link).quotientAndRemainder(dividingBy: hosts)
      return "host\(host)\(axis % 2 == 0 ? "+" : "-")dimension\(axis / 2)"
    }
  }
}
