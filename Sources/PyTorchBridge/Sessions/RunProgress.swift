import Quantities
import SimulationKernel

/// How far a run is, as a line that people read on a terminal while it goes on.
struct RunProgress {
  /// Two lines are at least this far apart.
  static let interval = Duration.milliseconds(250)

  private var lastShown: ContinuousClock.Instant?

  /// The line, unless there was one just now.
  mutating func line(_ conversations: [RankConversation], at now: ContinuousClock.Instant) -> String? {
    if let lastShown, now - lastShown < Self.interval { return nil }
    lastShown = now
    return Self.line(conversations.map(\.state))
  }

  /// For example `1.284 s simulated, 310 calls, 1 rank in the script, 3 wait (all_reduce)`.
  static func line(_ states: [RankState]) -> String {
    let time = states.map(\.time).max() ?? .zero
    let calls = states.reduce(0) { $0 + $1.callCount }
    var parts = [
      "\(Duration.picoseconds(time.picoseconds).shortDescription) simulated",
      "\(calls) \(calls == 1 ? "call" : "calls")",
    ]
    let working = states.count { $0.activity == .script }
    if working > 0 { parts.append("\(working) \(working == 1 ? "rank" : "ranks") in the script") }
    var waiting: [String: Int] = [:]
    for case .waiting(let operation) in states.map(\.activity) { waiting[operation, default: 0] += 1 }
    for (operation, count) in waiting.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(2) {
      parts.append("\(count) \(count == 1 ? "waits" : "wait") in \(operation)")
    }
    let ended = states.count { $0.activity == .ended }
    if ended > 0 { parts.append("\(ended) ended") }
    return parts.joined(separator: ", ")
  }
}

/// What a rank does at a moment of a run.
struct RankState: Equatable {
  enum Activity: Equatable {
    /// Its script computes, or is to.
    case script
    /// It waits in virtual time, in an operation.
    case waiting(operation: String)
    case ended
  }

  var time: VirtualTime
  /// Collectives, sends and receives until now.
  var callCount: Int
  var activity: Activity
}

extension RankRequest.Content {
  /// What a rank waits in that has made this request, until its operation is known.
  var waitName: String {
    switch self {
    case .group, .declaration: "new_group"
    case .store, .expect: "the store"
    case .sleep: "sleep"
    case .waitForAny: "calls of several threads"
    case .collective, .send, .receive, .wait, .test, .forget, .now, .event, .progress, .goodbye, .phase: "a call"
    }
  }
}
