import DequeModule
import Foundation
import SimulationKernel

/// Sees to it that only so many ranks compute at once: the others' answers are held back, since what is computed side by
/// side on the same cores is not measured as it would be on devices of their own.
///
/// Ranks that have not communicated yet import and load; they may do so on all cores, or a run of many ranks would take
/// many times as long as the real one before it has begun. A rank that computes for long without a word does not keep
/// those waiting that are behind it in virtual time: it may be one of them that it looks for, in a loop that asks nothing.
final class ComputePermits {
  private struct Holder {
    let start = ContinuousClock.now
    /// What its clock has reached, as far as is known.
    var clock: VirtualTime
    var isOverlong = false
  }

  private struct Waiting {
    let link: RankLink
    let answer: [UInt8]
    let clock: VirtualTime
  }

  private let limit: Int
  private let startUpLimit: Int
  private let longestTurn: Duration
  private var computing: [Int: Holder] = [:]
  private var waiting: Deque<Waiting> = []
  /// When a rank last got or gave back a permit.
  private var lastChange = ContinuousClock.now

  /// After so long without any use of the processor a rank is taken to wait for something outside the simulation.
  private static let patience = Duration.milliseconds(300)

  /// - Parameters:
  ///   - limit: how many ranks may compute at once.
  ///   - coreCount: how many may before they have communicated.
  ///   - longestTurn: after so long of computing without a word a rank makes room for those that are behind it.
  init(
    limit: Int, coreCount: Int = ProcessInfo.processInfo.activeProcessorCount, longestTurn: Duration = .seconds(2)
  ) {
    self.limit = max(1, limit)
    self.longestTurn = longestTurn
    startUpLimit = max(self.limit, coreCount)
  }

  /// Answers a rank, whose clock says so, as soon as it may compute.
  func answer(_ link: RankLink, _ frame: [UInt8], at clock: VirtualTime) {
    let next = Waiting(link: link, answer: frame, clock: clock)
    if waiting.isEmpty, mayCompute(next) { return grant(next) }
    waiting.append(next)
    grantInOrder()
  }

  /// Whether a rank has a permit.
  func isComputing(_ link: RankLink) -> Bool { computing[link.rank] != nil }

  /// Notes how far a rank has come that computes.
  func note(_ link: RankLink, at clock: VirtualTime) { computing[link.rank]?.clock = clock }

  private func mayCompute(_ next: Waiting) -> Bool {
    let others = computing.values.filter { !($0.isOverlong && next.clock <= $0.clock) }
    return others.count < (next.link.hasCommunicated ? limit : startUpLimit)
  }

  /// First come, first served; a rank that is still starting up may overtake.
  private func grantInOrder() {
    while let index = waiting.firstIndex(where: mayCompute) { grant(waiting.remove(at: index)) }
  }

  /// Notes that a rank has stopped computing.
  func giveBack(_ link: RankLink) {
    guard computing.removeValue(forKey: link.rank) != nil else { return }
    lastChange = .now
    grantInOrder()
  }

  /// Gives the answers that have been held back: nothing is measured any more.
  func lift() {
    while let next = waiting.popFirst() { grant(next) }
  }

  private func grant(_ next: Waiting) {
    computing[next.link.rank] = Holder(clock: next.clock)
    lastChange = .now
    next.link.send(answer: next.answer)
  }

  /// Lets another rank go on where those that might compute do nothing: they may wait, outside the simulation, for
  /// something that a rank without a permit has yet to do. Likewise where one computes for long.
  func relieve(_ links: [RankLink]) {
    guard !waiting.isEmpty else { return }
    for rank in computing.keys where ContinuousClock.now - (computing[rank]?.start ?? .now) > longestTurn {
      computing[rank]?.isOverlong = true
    }
    grantInOrder()
    guard !waiting.isEmpty, ContinuousClock.now - lastChange > Self.patience else { return }
    let idle = links.lazy.filter { self.isComputing($0) }.allSatisfy { $0.progress.idle > Self.patience }
    if idle, let next = waiting.popFirst() { grant(next) }
  }
}
