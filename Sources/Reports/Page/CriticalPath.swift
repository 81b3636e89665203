import Results

/// The chain of computing and communication that the run's end depended on.
///
/// It is followed backwards from the last rank to end. What ended an idle stretch leads on: to the rank that was last to
/// call a collective, or to a message's sender, at the time when it did. Computing leads to what the same rank did before.
struct CriticalPath {
  /// One link of the chain.
  struct Step: Equatable {
    let rank: Int
    let start: Int64
    let end: Int64
    let activity: DeviceTimeline.Activity
    let label: Int32
  }

  /// In the order of time.
  let steps: [Step]

  init(_ timeline: DeviceTimeline) {
    let ends = timeline.stretches.map { $0.last { $0.activity != .other }?.end ?? 0 }
    guard var rank = ends.indices.max(by: { ends[$0] < ends[$1] }) else {
      steps = []
      return
    }
    var time = ends[rank]
    var steps: [Step] = []
    // Events of one instant may point at one another in a circle, which is left after as many as there are ranks.
    var jumpsWithoutTime = 0
    while time > 0, let stretch = timeline.stretches[rank].last(beginningBefore: time) {
      var (begins, next) = (stretch.start, rank)
      if stretch.causeRank >= 0, jumpsWithoutTime <= timeline.stretches.count {
        (begins, next) = (min(time, stretch.causeTime), Int(stretch.causeRank))
        if begins == time, next == rank { begins = stretch.start }
      }
      if time > begins {
        steps.append(Step(rank: rank, start: begins, end: time, activity: stretch.activity, label: stretch.label))
        jumpsWithoutTime = 0
      } else {
        jumpsWithoutTime += 1
      }
      (rank, time) = (next, begins)
    }
    self.steps = steps.reversed()
  }
}

extension [DeviceTimeline.Stretch] {
  /// The last stretch that begins before `time`: the one in which it lies or that ends with it, except in gaps. O(log n).
  fileprivate func last(beginningBefore time: Int64) -> Element? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].start < time { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? self[low - 1] : nil
  }
}
