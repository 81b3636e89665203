import Foundation
import Inputs
import SimulationKernel
import Uniference

/// Why a run of ranks has ended early, as its user is told.
public struct ScriptRunFailure: Error, Sendable, CustomStringConvertible, QuotingError {
  /// What happened, with each rank's call and Python stack where several are to blame.
  public let description: String
  /// What the program should exit with.
  public let exitCode: Int32
  /// Whether the user asked for the end.
  public let isInterruption: Bool
}

extension WorldSession {
  /// Finds out what a failed run's user wants to know. Asks the ranks for their stacks where that tells something.
  func diagnose(_ failure: RunFailure) -> ScriptRunFailure {
    switch failure.cause {
    case .deadlock(let report): diagnose(report)
    case .processFailed(let process): diagnose(process)
    default:
      ScriptRunFailure(
        description: failure.whatHappened, exitCode: failure.interruption?.exitCode ?? EXIT_FAILURE,
        isInterruption: failure.isInterruption)
    }
  }

  private func diagnose(_ report: DeadlockReport) -> ScriptRunFailure {
    collectStacks()
    if let lost = links.first(where: { $0.connection.isClosed && !$0.hasSaidGoodbye }) {
      return diagnose(LostRank(rank: lost.rank), at: report.time)
    }
    var lines = ["deadlock at virtual time \(report.time): nothing can happen any more, and these ranks wait"]
    let waits = Dictionary(report.entries.map { ($0.process, $0) }, uniquingKeysWith: { first, _ in first })
    let waitedFor = Dictionary(
      report.entries.map { ($0.process, $0.wait.waitsOn) }, uniquingKeysWith: { first, more in first + more })
    for (rank, link) in links.enumerated() {
      guard let wait = waits[rank] else {
        lines.append("  rank \(rank) has ended its script")
        continue
      }
      let threads = conversations[rank].threadCalls
      if threads.count > 1 {
        lines.append("  rank \(rank) has \(threads.count) threads inside calls:")
        lines += threads.map { "      \($0)" }
        lines += indented(link.stack)
        continue
      }
      let call = (threads.first ?? conversations[rank].currentCall)?.description ?? wait.wait.operation
      let others = waitedFor[rank, default: []].prefix(8).map { "\($0)" }.joined(separator: ", ")
      let more = waitedFor[rank, default: []].count > 8 ? ", ..." : ""
      lines.append("  rank \(rank) waits in \(call)" + (others.isEmpty ? "" : ", for rank \(others)\(more)"))
      lines += indented(link.stack)
    }
    if let first = report.cycle.first {
      lines.append("  cycle: \((report.cycle + [first]).joined(separator: " -> "))")
    }
    lines += report.circumstances.map { "  \($0)" }
    if let note = groupsOfOtherNames() { lines.append("  \(note)") }
    return ScriptRunFailure(description: lines.joined(separator: "\n"), exitCode: 1, isInterruption: false)
  }

  /// Two ranks that wait in groups of the same members which they know by different names, so that they never meet.
  private func groupsOfOtherNames() -> String? {
    var waiting: [[Int]: (rank: Int, name: String)] = [:]
    for (rank, conversation) in conversations.enumerated() {
      guard let name = conversation.currentCall?.group,
        let members = conversation.groups.values.first(where: { $0.name == name })?.communicator.worldRanks
      else { continue }
      guard let other = waiting[members] else {
        waiting[members] = (rank, name)
        continue
      }
      if other.name != name {
        return """
          rank \(other.rank) and rank \(rank) have made different groups of ranks \(members): with \
          use_local_synchronization=True torch names a group after the number of groups that the rank is in already, \
          which has to be the same on all members
          """
      }
    }
    return nil
  }

  private func diagnose(_ failure: ProcessFailure) -> ScriptRunFailure {
    switch failure.error {
    case let loss as LostRank: return diagnose(loss, at: failure.time)
    case let script as ScriptFailure:
      return ScriptRunFailure(
        description: "\(failure.name) failed at virtual time \(failure.time): \(script)", exitCode: script.exitCode,
        isInterruption: false)
    case let recording as ComputeRecordingError:
      return ScriptRunFailure(
        description: "\(failure.name) failed at virtual time \(failure.time): \(recording)", exitCode: 1,
        isInterruption: false)
    case let launcher as LostLauncher:
      return ScriptRunFailure(
        description: "\(launcher), at virtual time \(failure.time)", exitCode: EX_SOFTWARE, isInterruption: false)
    case let mismatch as any ConflictingCalls:
      collectStacks()
      let stacks = [mismatch.first.rank, mismatch.second.rank].flatMap { rank in
        links[rank].stack.map { ["  rank \(rank) is in"] + indented($0) } ?? []
      }
      return ScriptRunFailure(
        description: (["\(mismatch)"] + stacks).joined(separator: "\n"), exitCode: 1, isInterruption: false)
    default: return ScriptRunFailure(description: failure.description, exitCode: 1, isInterruption: false)
    }
  }

  private func diagnose(_ loss: LostRank, at time: VirtualTime) -> ScriptRunFailure {
    control?.takeIn(until: { control?.exitStatuses[loss.rank] != nil }, patience: .seconds(1))
    let status = control?.exitStatuses[loss.rank]
    let how = status.map { " with \(describe(exitStatus: $0))" } ?? ""
    let last = conversations.indices.contains(loss.rank) ? conversations[loss.rank].currentCall : nil
    let call = last.map { "; its latest call was \($0)" } ?? ""
    return ScriptRunFailure(
      description: "\(loss)\(how), at virtual time \(time)\(call)",
      exitCode: status.map { $0 < 0 ? 128 - $0 : max(1, $0) } ?? 1, isInterruption: false)
  }

  private func indented(_ stack: String?) -> [String] {
    stack?.split(separator: "\n").map { "      \($0)" } ?? []
  }
}
