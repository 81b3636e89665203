/// Sites far apart: a switch at each, and a wide-area line between every two.
struct SitesRouter: Router {
  let siteOfHost: [Int]
  let sites: Int

  /// Host `i` has links `2i` up and `2i + 1` down; after them each site has a line to each other one.
  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID]) {
    route.append(LinkID(2 * source))
    let (from, to) = (siteOfHost[source], siteOfHost[destination])
    if from != to { route.append(LinkID(2 * siteOfHost.count + from * (sites - 1) + (to < from ? to : to - 1))) }
    route.append(LinkID(2 * destination + 1))
  }
}

extension Topology {
  /// - Parameters:
  ///   - hostsPerSite: number of hosts at each site, numbered site by site.
  ///   - link: a host's cable to its site's switch.
  ///   - wideArea: the line from one site to another, shared by all their hosts.
  public static func sites(hostsPerSite: [Int], link: Link, wideArea: Link) throws(NetworkError) -> Topology {
    let siteOfHost = hostsPerSite.enumerated().flatMap { Array(repeating: $0.offset, count: max(0, $0.element)) }
    let sites = hostsPerSite.count
    let hosts = siteOfHost.count
    return try Topology(
      hostCount: hosts,
      links: Array(repeating: link, count: 2 * hosts) + Array(repeating: wideArea, count: sites * max(0, sites - 1)),
      router: SitesRouter(siteOfHost: siteOfHost, sites: sites)
    ) { link in
      let index = Int(link)
      guard index >= 2 * hosts else {
        let host = index / 2
        return index % 2 == 0 ? "host\(host)->site\(siteOfHost[host])" : "site\(siteOfHost[host])->host\(host)"
      }
      let (from, other) = (index - 2 * hosts).quotientAndRemainder(dividingBy: sites - 1)
      return "site\(from)->site\(other < from ? other : other + 1)"
    }
  }
}
