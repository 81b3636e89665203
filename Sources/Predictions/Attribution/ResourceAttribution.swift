import Network
import Results
import SimulationKernel
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
  }

  /// The times, the most important first.
  public let times: [Time]
  /// What costs most of the first time first.
  public let costs: [Cost]
  /// How many links are not among them, which carried less than those that are.
  public let omitted_links: Int

  /// Devices beyond this many are taken together by their kind.
  private static let deviceLimit = 16
  private static let linkLimit = 16

  /// Makes the run again, once for each resource.
  ///
  /// - Parameters:
  ///   - busiest: links by their names in reports, the most used first.
  ///   - progress: called with the share of the runs that are done and what is being tried.
  init(
    _ recorded: RecordedExperiment, busiest: [String], progress: (Double, String) -> Void
  ) throws {
    let metrics = recorded.experiment.workload.timeMetrics.filter { recorded.prediction[$0].map { $0 > 0 } ?? false }
    times = metrics.map { Time(name: $0.timeName, s: $0.time(in: recorded.prediction) ?? 0) }
    let (resources, omitted) = try Self.resources(of: recorded, busiest: busiest)
    omitted_links = omitted
    var costs: [Cost] = []
    for (index, resource) in resources.enumerated() {
      progress(Double(index) / Double(resources.count), resource.name)
      var experiment = recorded.experiment
      resource.idealize(&experiment.cluster)
      let prediction = try experiment.predict(options: recorded.options)
      costs.append(
        Cost(
          kind: resource.kind, resource: resource.name,
          remaining: zip(metrics, times).map { ($0.time(in: prediction) ?? 0) / $1.s }))
    }
    self.costs = costs.enumerated().sorted {
      ($0.element.remaining.first ?? 1, $0.offset) < ($1.element.remaining.first ?? 1, $1.offset)
    }.map(\.element)
  }

  private static func resources(
    of recorded: RecordedExperiment, busiest: [String]
  ) throws -> (resources: [IdealResource], omittedLinks: Int) {
    let cluster = recorded.experiment.cluster
    let ranks = recorded.ranks
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

extension Workload {
  /// Times, or rates whose inverse is a time, the most important first.
  fileprivate var timeMetrics: [Metric] {
    let known = ranking + [.totalTime].filter { metrics.contains($0) && !ranking.contains($0) }
    return known.filter { $0.unit == .seconds || $0.unit == .perSecond }
  }
}

extension Metric {
  /// `tokens_per_second` is `time per token` here.
  fileprivate var timeName: String {
    guard unit == .perSecond else { return heading }
    let things = name.replacing("_per_second", with: "").replacing("_", with: " ")
    return "time per \(things.hasSuffix("s") ? String(things.dropLast()) : things)"
  }

  /// In seconds; the inverse of a rate.
  fileprivate func time(in prediction: Prediction) -> Double? {
    prediction[self].map { unit == .perSecond ? ($0 > 0 ? 1 / $0 : 0) : $0 }
  }
}
