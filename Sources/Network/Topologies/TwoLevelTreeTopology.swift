/// Racks of hosts under leaf switches that are joined by spine switches.
///
/// Traffic between racks takes the spine `destination % spines`, so all messages to one host use one path.
struct TwoLevelTreeRouter: Router {
  let hosts: Int
  let hostsPerLeaf: Int
  let spines: Int

  /// Host `i` has links `2i` up and `2i + 1` down; after them each leaf has, for each spine, one up and one down.
  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    route.append(LinkID(2 * source))
    let sourceLeaf = source / hostsPerLeaf
    let destinationLeaf = destination / hostsPerLeaf
    if sourceLeaf != destinationLeaf {
      let spine = destination % spines
      route.append(LinkID(2 * (hosts + sourceLeaf * spines + spine)))
      route.append(LinkID(2 * (hosts + destinationLeaf * spines + spine) + 1))
    }
    route.append(LinkID(2 * destination + 1))
  }
}

extension Topology {
  /// - Parameters:
  ///   - hostsPerLeaf: hosts of one rack; the last rack may have fewer.
  ///   - spines: number of spine switches.
  ///   - oversubscription: how much bandwidth a full rack's hosts have for each byte per second of its uplinks; 1 is
  ///     non-blocking. An uplink has `hostsPerLeaf * link bandwidth / (spines * oversubscription)`.
  public static func twoLevelTree(
    hosts: Int, hostsPerLeaf: Int, spines: Int, link: Link, oversubscription: Double = 1
  ) throws(NetworkError) -> Topology {
    guard hostsPerLeaf > 0, spines > 0, oversubscription > 0 else {
      throw .shape("a two-level tree has positive hosts per leaf, spines and oversubscription")
    }
    let leaves = (hosts + hostsPerLeaf - 1) / hostsPerLeaf
    let uplink = link.scaled(by: Double(hostsPerLeaf) / (Double(spines) * oversubscription))
    let links =
      Array(repeating: link, count: 2 * hosts) + Array(repeating: uplink, count: 2 * leaves * spines)
    return try Topology(
      hostCount: hosts, links: links,
      router: TwoLevelTreeRouter(hosts: hosts, hostsPerLeaf: hostsPerLeaf, spines: spines)
    ) { link in
      let isUp = link % 2 == 0
      let cable = Int(link) / 2
      guard cable >= hosts else {
        return isUp ? "host\(cable)->leaf\(cable / hostsPerLeaf)" : "leaf\(cable / hostsPerLeaf)->host\(cable)"
      }
      let (leaf, spine) = (cable - hosts).quotientAndRemainder(dividingBy: spines)
      return isUp ? "leaf\(leaf)->spine\(spine)" : "spine\(spine)->leaf\(leaf)"
    }
  }
}
