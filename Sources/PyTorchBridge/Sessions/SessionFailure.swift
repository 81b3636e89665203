import SimulationKernel

/// A call that cannot be as the script made it; the script is told and may go on.
struct RefusedCall: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A rank whose process has gone without a word.
struct LostRank: Error, CustomStringConvertible {
  let rank: Int
  /// Why the engine has let it go, where it was the engine that did.
  var reason: String?

  var description: String {
    reason.map { "rank \(rank) was let go: \($0)" } ?? "rank \(rank) has gone without ending its script"
  }
}

/// The process that has started the ranks is gone, and they with it.
struct LostLauncher: Error, CustomStringConvertible {
  let description = "the process that had started the ranks has gone; it passed on what they print"
}

/// A rank whose script has ended with an exception or an exit code other than 0.
struct ScriptFailure: Error, CustomStringConvertible {
  let rank: Int
  let exitCode: Int32
  /// The exception in one line; empty for a mere exit code.
  let reason: String

  var description: String {
    reason.isEmpty ? "the script ended with exit code \(exitCode)" : reason
  }
}

/// A rank's call.
struct RankCall: Sendable {
  let rank: Int
  let call: CallDescription
}

/// Two ranks' calls that should have been the same.
protocol ConflictingCalls: Error, CustomStringConvertible {
  var first: RankCall { get }
  var second: RankCall { get }
}

/// Ranks of a group that called different collectives where they should have called the same one.
struct MismatchedCalls: ConflictingCalls {
  let number: Int
  let first: RankCall
  let second: RankCall

  var description: String {
    """
    collective mismatch: collective \(number) of group \(second.call.group ?? "?") differs between its members
      rank \(first.rank) called \(first.call)
      rank \(second.rank) called \(second.call)
      all members of a group must call the same collectives, with agreeing shapes and types, in the same order
    """
  }
}

/// Ranks that called a function differently which all of them have to call alike, members of its group or not.
struct DisagreeingCalls: ConflictingCalls {
  let first: RankCall
  let second: RankCall

  var description: String {
    let operation = first.call.operation
    let alternative =
      operation == "new_group" ? "; or pass use_local_synchronization=True, which only members call" : ""
    return """
      \(operation) mismatch: ranks do not call it for the same groups in the same order
        rank \(first.rank) called \(first.call)
        rank \(second.rank) called \(second.call)
        all ranks have to call \(operation) alike, also for groups that they are not in\(alternative)
      """
  }
}
