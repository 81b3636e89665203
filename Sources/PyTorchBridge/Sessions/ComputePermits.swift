import DequeModule
import Foundation

/// Sees to it that only so many ranks compute at once: the others' answers are held back, since what is computed side by
/// side on the same cores is not measured as it would be on devices of their own.
///
/// Ranks that have not communicated yet import and load; they may do so on all cores, or a run of many ranks would take
/// many times as long as the real one before it has begun.
final class ComputePermits {
  private let limit: Int
  private let startUpLimit: Int
  private var computing: Set<Int> = []
  private var waiting: Deque<(link: RankLink, answer: [UInt8])> = []
  /// When a rank last got or gave back a permit.
  private var lastChange = ContinuousClock.now
  private var progress: ProcessorTimes = ProcessorTimes()

  /// After so long without any use of the processor a rank is taken to wait for something outside the simulation.
  private static let patience = Duration.milliseconds(300)

  /// - Parameters:
  ///   - limit: how many ranks may compute at once.
  ///   - coreCount: how many may before they have communicated.
  init(limit: Int, coreCount: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.limit = max(1, limit)
    startUpLimit = max(self.limit, coreCount)
  }

  /// Answers a rank as soon as it may compute.
  func answer(_ link: RankLink, _ frame: [UInt8]) {
    if waiting.isEmpty, mayCompute(link) { return grant(link, frame) }
    waiting.append((link, frame))
    grantInOrder()
  }

  private func mayCompute(_ link: RankLink) -> Bool {
    computing.count < (link.hasCommunicated ? limit : startUpLimit)
  }

  /// First come, first served; a rank that is still starting up may overtake.
  private func grantInOrder() {
    while let index = waiting.firstIndex(where: { mayCompute($0.link) }) {
      let next = waiting.remove(at: index)
      grant(next.link, next.answer)
    }
  }

  /// Notes that a rank has stopped computing.
  func giveBack(_ link: RankLink) {
    guard computing.remove(link.rank) != nil else { return }
    lastChange = .now
    grantInOrder()
  }

  /// Gives the answers that have been held back: nothing is measured any more.
  func lift() {
    while let next = waiting.popFirst() { grant(next.link, next.answer) }
  }

  private func grant(_ link: RankLink, _ answer: [UInt8]) {
    computing.insert(link.rank)
    lastChange = .now
    link.send(answer: answer)
  }

  /// Lets another rank go on where those that might compute do nothing: they may wait, outside the simulation, for
  /// something that a rank without a permit has yet to do.
  func relieve(_ links: [RankLink]) {
    guard !waiting.isEmpty, ContinuousClock.now - lastChange > Self.patience else { return }
    lastChange = .now
    let pids = links.filter { computing.contains($0.rank) }.map(\.pid)
    guard progress.areIdle(pids), let next = waiting.popFirst() else { return }
    grant(next.link, next.answer)
  }
}

/// How much processor time processes had used when they were last looked at.
private struct ProcessorTimes {
  private var known: [Int32: String] = [:]

  /// Whether none of the processes has used the processor since the last call.
  mutating func areIdle(_ pids: [Int32]) -> Bool {
    let now = Dictionary(pids.map { ($0, Self.usage(of: $0)) }, uniquingKeysWith: { first, _ in first })
    defer { known = now }
    return now.allSatisfy { known[$0.key] == $0.value }
  }

  /// User and system time as the kernel tells them; empty on systems without `/proc`, where every process is taken to be
  /// idle and one more may compute.
  private static func usage(of pid: Int32) -> String {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return "" }
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    return fields.count > 12 ? "\(fields[11]) \(fields[12])" : ""
  }
}
