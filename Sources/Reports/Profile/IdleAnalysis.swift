import Results

/// Why devices idle, found from what ended each idle stretch.
///
/// A rank idles from the end of a computation to the beginning of the next. What it took part in meanwhile says why: a
/// collective waits for the last member to call it and then for the network, a message for its sender and then for the
/// network. Where several follow one another, each is to blame up to its own end. A send of the rank's own is to blame only
/// where nothing else ended, since most programs go on while their sends are under way. What nothing ended in is sleep, or
/// whatever else the program did with its time.
///
/// Events come in the order of their start times. Memory grows with the communication that a rank has under way between two
/// computations, and with the number of collectives.
struct IdleAnalysis {
  /// What a rank idles for.
  enum Reason: Hashable {
    /// Another rank that has not called a collective, or not sent a message, yet.
    case rank(Int, Activity)
    /// The network, which carries it.
    case network(Activity)
    /// Nothing that the log tells of.
    case nothing
  }

  /// What the rank took part in.
  enum Activity: Hashable {
    /// A collective, by its name index and its group's.
    case collective(name: UInt16, group: Int32)
    /// A message from another rank.
    case receive(from: Int)
    /// A message to another rank.
    case send(to: Int)
  }

  /// A stretch in which a rank idled for one reason.
  struct Idle: Hashable {
    let rank: Int
    let start: Int64
    let end: Int64
    let reason: Reason
    /// Who let the activity that ended it begin, and when: the last member to call the collective, the message's sender.
    /// `nil` where nothing ended.
    var cause: Cause?
  }

  /// Who let something begin, and when.
  struct Cause: Hashable {
    let rank: Int
    let time: Int64
  }

  private struct Pending {
    let start: Int64
    let end: Int64
    let activity: Activity
    /// Which of its group's collectives it is.
    let occurrence: Int
  }

  private struct RankState {
    /// Until when it has been computing.
    var busyUntil: Int64 = 0
    var pending: [Pending] = []
    var isFinished = false
  }

  private struct LastStart {
    var time: Int64
    var rank: Int
  }

  private var ranks: [RankState]
  /// How many collectives of each group a rank has taken part in.
  private var counts: [Int32: [Int: Int]] = [:]
  /// Who was last to call each of a group's collectives.
  private var lastStarts: [Int32: [LastStart]] = [:]

  init(rankCount: Int) { ranks = Array(repeating: RankState(), count: rankCount) }

  /// Takes the next event and hands on the idle time that it ends.
  mutating func append(_ event: EventRecord, _ body: (Idle) throws -> Void) rethrows {
    let rank = Int(event.rank)
    let end = event.time + event.duration
    switch event.kind {
    case .computation:
      try idle(rank, until: event.time, body)
      ranks[rank].busyUntil = max(ranks[rank].busyUntil, end)
    case .collective:
      let occurrence = occurrence(of: rank, group: event.tag, at: event.time)
      add(
        Pending(
          start: event.time, end: end, activity: .collective(name: event.name, group: event.tag),
          occurrence: occurrence), to: rank)
    case .message:
      guard !event.flags.contains(.partOfCollective), event.peer != EventRecord.noPeer, event.peer < ranks.count else {
        return
      }
      let peer = Int(event.peer)
      add(Pending(start: event.time, end: end, activity: .send(to: peer), occurrence: 0), to: rank)
      add(Pending(start: event.time, end: end, activity: .receive(from: rank), occurrence: 0), to: peer)
    case .finished:
      try idle(rank, until: event.time, body)
      ranks[rank].isFinished = true
    case .wait, .marker, .failed, .phase, .layer, .call: break
    }
  }

  /// Hands on what ranks idle that have not finished.
  mutating func finish(at end: Int64, _ body: (Idle) throws -> Void) rethrows {
    for rank in ranks.indices where !ranks[rank].isFinished { try idle(rank, until: end, body) }
  }

  private mutating func occurrence(of rank: Int, group: Int32, at time: Int64) -> Int {
    let occurrence = counts[group, default: [:]][rank, default: 0]
    counts[group, default: [:]][rank] = occurrence + 1
    if occurrence == lastStarts[group, default: []].count {
      lastStarts[group, default: []].append(LastStart(time: time, rank: rank))
    } else {
      // Events come in the order of their starts, so this is the latest one so far.
      lastStarts[group, default: []][occurrence] = LastStart(time: time, rank: rank)
    }
    return occurrence
  }

  private mutating func add(_ pending: Pending, to rank: Int) {
    // What has ended while the rank was computing was not waited for.
    let busyUntil = ranks[rank].busyUntil
    if ranks[rank].pending.count >= 256 { ranks[rank].pending.removeAll { $0.end <= busyUntil } }
    ranks[rank].pending.append(pending)
  }

  private mutating func idle(_ rank: Int, until end: Int64, _ body: (Idle) throws -> Void) rethrows {
    let start = ranks[rank].busyUntil
    guard end > start else { return }
    ranks[rank].busyUntil = end
    let ended = ranks[rank].pending.filter { $0.end > start && $0.end <= end }
    ranks[rank].pending.removeAll { $0.end <= end }
    let others = ended.filter { if case .send = $0.activity { false } else { true } }
    var cursor = start
    for pending in (others.isEmpty ? ended : others).sorted(by: { $0.end < $1.end }) where pending.end > cursor {
      let (culprit, begun) = culprit(of: pending, on: rank)
      let cause = Cause(rank: culprit ?? rank, time: begun)
      let waited = min(max(begun, cursor), pending.end)
      if let culprit, waited > cursor {
        try body(Idle(rank: rank, start: cursor, end: waited, reason: .rank(culprit, pending.activity), cause: cause))
      }
      let carried = culprit == nil ? cursor : waited
      if pending.end > carried {
        try body(
          Idle(rank: rank, start: carried, end: pending.end, reason: .network(pending.activity), cause: cause))
      }
      cursor = pending.end
    }
    if end > cursor { try body(Idle(rank: rank, start: cursor, end: end, reason: .nothing)) }
  }

  /// Who was last to come, if another rank, and when.
  private func culprit(of pending: Pending, on rank: Int) -> (rank: Int?, time: Int64) {
    switch pending.activity {
    case .send: return (nil, pending.start)
    case .receive(let source): return (source, pending.start)
    case .collective(_, let group):
      guard let last = lastStarts[group].flatMap({ $0.dropFirst(pending.occurrence).first }), last.rank != rank,
        last.time <= pending.end
      else { return (nil, pending.start) }
      return (last.rank, last.time)
    }
  }
}
