import Foundation
import Network
import Synchronization
import Uniference

/// What each resource costs a run: the time that the same run takes less where that resource is infinitely fast.
///
/// Costs do not add up to the whole. Where two resources are waited for in turn, each costs its own time; where either alone
/// would delay the run as much, neither costs anything, and both together do.
public struct ResourceAttribution: Encodable, Sendable {
  /// What one resource costs.
  public struct Cost: Encodable, Sendable {
    let kind: IdealResource.Kind
    /// What it is: `link jetson-2->switch`.
    public let resource: String
    /// What is left of each time of ``times``, as a share of it, in their order. Above 1 where the run takes longer.
    public let remaining: [Double]
  }

  /// A time that resources cost something of.
  public struct Time: Encodable, Sendable {
    /// What it is: `time per token`.
    public let name: String
    /// In the run as it was.
    public let s: Double

    /// See the properties.
    public init(name: String, s: Double) {
      self.name = name
      self.s = s
    }
  }

  /// The times, the most important first.
  public let times: [Time]
  /// What costs most of the first time first.
  public let costs: [Cost]
  /// How many links are not among them, which carried less than those that are.
  public let omitted_links: Int

  /// Devices beyond this many are taken together by their kind.
  private static let deviceLimit = 8
  private static let linkLimit = 8

  /// Makes the run again, once for each resource, on all cores.
  ///
  /// - Parameters:
  ///   - busiest: links by their names in reports, the most used first.
  ///   - progress: called from any thread with the share of the runs that are done and the resource of the last one.
  init(
    _ run: some RepeatableRun, busiest: [String], progress: @escaping @Sendable (Double, String) -> Void
  ) throws {
    times = run.times
    let (resources, omitted) = try Self.resources(of: run, busiest: busiest)
    omitted_links = omitted
    let state = Mutex(State(times: Array(repeating: [], count: resources.count)))
    DispatchQueue.concurrentPerform(iterations: resources.count) { index in
      guard state.withLock({ $0.failure == nil }) else { return }
      let result = Result {
        var cluster = run.cluster
        resources[index].idealize(&cluster)
        return try run.times(on: cluster)
      }
      let done = state.withLock { $0.note(result, at: index) }
      progress(Double(done) / Double(resources.count), resources[index].name)
    }
    let (found, failure) = state.withLock { ($0.times, $0.failure) }
    if let failure { throw failure }
    let costs = zip(resources, found).map { resource, without in
      Cost(kind: resource.kind, resource: resource.name, remaining: zip(without, run.times).map { $0 / $1.s })
    }
    self.costs = costs.enumerated().sorted {
      ($0.element.remaining.first ?? 1, $0.offset) < ($1.element.remaining.first ?? 1, $1.offset)
    }.map(\.element)
  }

  private struct State {
    var times: [[Double]]
    var failure: (any Error)?
    var done = 0

    /// - Returns: how many runs have ended.
    mutating func note(_ result: Result<[Double], any Error>, at index: Int) -> Int {
      switch result {
      case .success(let found): times[index] = found
      case .failure(let error): failure = failure ?? error
      }
      done += 1
      return done
    }
  }

  private static func resources(
    of run: some RepeatableRun, busiest: [String]
  ) throws -> (resources: [IdealResource], omittedLinks: Int) {
    let (cluster, ranks) = (run.cluster, run.ranks)
    var resources: [IdealResource] = []
    let kinds = Dictionary(grouping: ranks) { cluster.devices[$0].specification.id }
    if ranks.count > deviceLimit {
      for (id, ranks) in kinds.sorted(by: { $0.key < $1.key }) {
        resources.append(.computing(of: ranks, called: "computing of \(ranks.count) \(id)"))
      }
    } else {
      for rank in ranks {
        resources.append(.computing(of: [rank], called: "computing of \(cluster.devices[rank].name)"))
      }
    }
    if ranks.count > 1 { resources.append(.computing(of: ranks, called: "computing of all devices")) }
    guard ranks.count > 1 else { return (resources, 0) }
    let topology = try cluster.makeTopology()
    let used = topology.links(between: ranks).sorted().map { link in
      (
        name: topology.name(of: link), link: topology.links[Int(link)],
        shown: LinkNames.name(of: link, in: topology, of: cluster)
      )
    }
    let places = Dictionary(busiest.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let single = used.filter { places[$0.shown] != nil }.sorted { (places[$0.shown] ?? 0) < (places[$1.shown] ?? 0) }
    if used.count > 1 {
      for link in single.prefix(linkLimit) {
        resources.append(.bandwidth(of: [(link.name, link.link)], called: "bandwidth of \(link.shown)"))
      }
    }
    let all = used.map { ($0.name, $0.link) }
    let whole = used.count == 1 ? used[0].shown : "all links"
    resources.append(.bandwidth(of: all, called: "bandwidth of \(whole)"))
    resources.append(.latency(of: all, called: "latency of all links"))
    if cluster.network.transport != .ideal { resources.append(.library) }
    return (resources, max(0, single.count - linkLimit))
  }
}
