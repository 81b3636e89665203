import Inputs
import Network
import Quantities
import SimulationKernel

/// What the changes of one link amount to.
///
/// An outage takes a link's whole capacity from its beginning until its end; outages that overlap or touch are one. What
/// is said of the bandwidth meanwhile holds when it is over. Two bandwidths from one instant on contradict each other, and
/// so does anything that is said of a link which has been taken down for good.
struct LinkChanges {
  private struct Outage {
    var range: Range<VirtualTime>
    /// Whether it has been said never to end, and by which change.
    var endless: Int?
  }

  private let link: String
  private var bandwidths: [(time: VirtualTime, bytesPerSecond: Double, change: Int)] = []
  private var outages: [Outage] = []

  /// - Parameter changes: of one link, in any order, each with its number.
  init(_ changes: [(number: Int, change: LinkChange)]) throws(LinkChangeError) {
    link = changes.first?.change.link ?? ""
    var said: [(range: Range<VirtualTime>, change: Int)] = []
    for (number, change) in changes {
      let time = VirtualTime.zero.advanced(by: change.time)
      switch change.effect {
      case .bandwidth(let bandwidth): bandwidths.append((time, bandwidth.bytesPerSecond, number))
      case .outage(let end):
        let end = end.map { max(time, VirtualTime.zero.advanced(by: $0)) }
        said.append((time..<(end ?? .distantFuture), number))
      }
    }
    bandwidths.sort { ($0.time, $0.change) < ($1.time, $1.change) }
    said.sort { ($0.range.lowerBound, $0.change) < ($1.range.lowerBound, $1.change) }
    try checkBandwidths()
    try join(said)
    try checkEnd()
  }

  /// The capacity over time of a link that has `initial` bytes per second at first.
  func steps(from initial: Double) -> CapacitySteps {
    let times = Set(bandwidths.map(\.time) + outages.flatMap { [$0.range.lowerBound, $0.range.upperBound] })
    var bandwidth = initial
    var nextBandwidth = 0
    var nextOutage = 0
    let steps = times.filter { $0 < .distantFuture }.sorted().map { time in
      while nextBandwidth < bandwidths.count, bandwidths[nextBandwidth].time <= time {
        bandwidth = bandwidths[nextBandwidth].bytesPerSecond
        nextBandwidth += 1
      }
      while nextOutage < outages.count, outages[nextOutage].range.upperBound <= time { nextOutage += 1 }
      let isDown = nextOutage < outages.count && outages[nextOutage].range.contains(time)
      return CapacitySteps.Step(at: time, bytesPerSecond: isDown ? 0 : bandwidth)
    }
    return CapacitySteps(from: initial, steps)
  }

  private func checkBandwidths() throws(LinkChangeError) {
    for (first, second) in zip(bandwidths, bandwidths.dropFirst())
    where first.time == second.time && first.bytesPerSecond != second.bytesPerSecond {
      throw LinkChangeError(
        change: second.change, link: link, time: second.time, reason: .secondBandwidth(other: first.change))
    }
  }

  private mutating func join(_ said: [(range: Range<VirtualTime>, change: Int)]) throws(LinkChangeError) {
    for (range, change) in said where !range.isEmpty {
      let isEndless = range.upperBound == .distantFuture
      guard let last = outages.last, range.lowerBound <= last.range.upperBound else {
        outages.append(Outage(range: range, endless: isEndless ? change : nil))
        continue
      }
      if let endless = last.endless, !isEndless {
        throw LinkChangeError(
          change: change, link: link, time: range.lowerBound, reason: .downForGood(other: endless))
      }
      let end = max(last.range.upperBound, range.upperBound)
      outages[outages.count - 1] = Outage(
        range: last.range.lowerBound..<end, endless: last.endless ?? (isEndless ? change : nil))
    }
  }

  private func checkEnd() throws(LinkChangeError) {
    guard let endless = outages.last?.endless, let late = bandwidths.last,
      let outage = outages.last, late.time >= outage.range.lowerBound
    else { return }
    throw LinkChangeError(change: late.change, link: link, time: late.time, reason: .downForGood(other: endless))
  }
}

/// A change of a link that cannot hold.
public struct LinkChangeError: Error, Hashable, Sendable, UserFacingError {
  /// Why it cannot.
  public enum Reason: Hashable, Sendable {
    /// The topology does not have the link, but those `known`.
    case unknownLink(known: [String])
    /// The change at position `other` gives the link another bandwidth from the same instant on.
    case secondBandwidth(other: Int)
    /// The change at position `other` has taken the link down for good before.
    case downForGood(other: Int)
  }

  /// The change's position among ``ClusterNetwork/changes``.
  public let change: Int
  /// The link's name.
  public let link: String
  /// From when on the change would hold.
  public let time: VirtualTime
  /// Why it cannot hold.
  public let reason: Reason
}

extension LinkChangeError: CustomStringConvertible {
  /// One line that names the change.
  public var description: String { "network.changes[\(change)]: \(message)" }

  /// The same for who has said which change it is.
  var message: String {
    switch reason {
    case .unknownLink(let known):
      let suggestion = nearestName(to: link, among: known).map { " did you mean \"\($0)\"?" } ?? ""
      let some = known.prefix(8).joined(separator: ", ") + (known.count > 8 ? ", ..." : "")
      return "there is no link \"\(quotable(link))\":\(suggestion) the links are \(some)"
    case .secondBandwidth(let other):
      return "changes[\(other)] gives \(link) another bandwidth from \(time) on; leave one of the two out"
    case .downForGood(let other):
      return "changes[\(other)] takes \(link) down for good, so nothing can be said of \(time); let that outage end, "
        + "or leave this change out"
    }
  }
}

extension ClusterNetwork {
  /// The capacities over time of the links that change.
  func capacitySteps(on topology: Topology) throws(LinkChangeError) -> [(link: LinkID, steps: CapacitySteps)] {
    let links = topology.links(named: Set(changes.map(\.link)))
    var byLink: [LinkID: [(number: Int, change: LinkChange)]] = [:]
    for (number, change) in changes.enumerated() {
      guard let link = links[change.link] else {
        throw LinkChangeError(
          change: number, link: change.link, time: VirtualTime.zero.advanced(by: change.time),
          reason: .unknownLink(known: topology.linkNames))
      }
      byLink[link, default: []].append((number, change))
    }
    var result: [(link: LinkID, steps: CapacitySteps)] = []
    for (link, changes) in byLink.sorted(by: { $0.key < $1.key }) {
      result.append((link, try LinkChanges(changes).steps(from: topology.links[Int(link)].bytesPerSecond)))
    }
    return result
  }
}
