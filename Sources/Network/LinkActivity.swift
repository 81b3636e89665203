import SimulationKernel

/// What links carry over time, sampled when messages start and end, which is when rates change.
///
/// The number of samples is bounded: when there are too many, every second one is dropped and later ones are taken half as
/// often. Between two samples a link's rate is the mean, and what it has carried by a sample is exact.
public final class LinkActivity {
  /// A link's mean rate from a time until the next.
  public struct Rate: Hashable, Sendable {
    /// In picoseconds of virtual time.
    public let time: Int64
    /// Until the next one.
    public let bytesPerSecond: Double
  }

  private let limit: Int
  /// Samples are at least so far apart: over less, the rounding of times to picoseconds would show in rates.
  private var interval: Int64 = 100_000
  private var times: [Int64] = []
  /// For each sample what each link had carried.
  private var carried: [[Double]] = []

  /// - Parameter linkCount: how many links there are; of more of them fewer samples are kept.
  public init(linkCount: Int) { limit = max(64, min(4096, (1 << 20) / max(1, linkCount))) }

  /// Takes a sample, unless the last one is close.
  func sample(_ network: FlowNetwork) {
    let now = network.engine.now.picoseconds
    if let last = times.last, now - last < interval { return }
    take(network, at: now)
    if times.count == limit { thinOut() }
  }

  private func take(_ network: FlowNetwork, at time: Int64) {
    times.append(time)
    carried.append(network.topology.links.indices.map { network.bytesMoved(over: LinkID($0)) })
  }

  private func thinOut() {
    let kept = times.indices.filter { $0 % 2 == 0 }
    let span = times[times.count - 1] - times[0]
    times = kept.map { times[$0] }
    carried = kept.map { carried[$0] }
    interval = max(2 * interval, 2 * span / Int64(limit))
  }

  /// The rates of each link that has carried anything, from the beginning to the end of the run; a rate that stays is told
  /// once.
  public func rates(in network: FlowNetwork) -> [LinkID: [Rate]] {
    let end = network.engine.endTime.picoseconds
    if end > times.last ?? -1 { take(network, at: end) }
    var rates: [LinkID: [Rate]] = [:]
    for link in network.topology.links.indices where carried.last.map({ $0[link] > 0 }) ?? false {
      var own = times.first.map { $0 > 0 ? [Rate(time: 0, bytesPerSecond: 0)] : [] } ?? []
      for (index, next) in zip(times.indices, times.indices.dropFirst()) {
        // What a failure has taken back counts as nothing.
        let bytes = max(0, carried[next][link] - carried[index][link])
        let rate = bytes / (Double(times[next] - times[index]) * 1e-12)
        if abs(rate - (own.last?.bytesPerSecond ?? -1)) > 1e-6 * rate {
          own.append(Rate(time: times[index], bytesPerSecond: rate))
        }
      }
      if own.last?.bytesPerSecond != 0 { own.append(Rate(time: end, bytesPerSecond: 0)) }
      rates[LinkID(link)] = own
    }
    return rates
  }
}

extension FlowNetwork {
  /// Bytes that have crossed a link so far, those of messages under way included.
  func bytesMoved(over link: LinkID) -> Double {
    var moved = links[link].carried
    var position = links[link].firstCrossing
    while position >= 0 {
      let connection = crossings[position].connection
      moved += messages[connections[connection].first].byteCount - bytesLeft(connection)
      position = crossings[position].next
    }
    return moved
  }
}
