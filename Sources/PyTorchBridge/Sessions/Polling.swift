import SimulationKernel

/// Questions that a rank asks one after another without doing anything in between: `work.is_completed()` or
/// `time.time()` in a loop.
///
/// A loop takes time on a real device. Here a question costs nothing, so that from some number of them on each one moves
/// the rank's clock: a rank that waits for others lets them come as far, and one that waits for a time reaches it.
struct Polling {
  /// What a question is about.
  enum Subject {
    /// What others have done: whether an operation has ended, a key is there. Nobody asks that often in a row who does
    /// not wait for it, so waiting gets quicker by a constant share of what has been waited.
    case others
    /// The time, which programs ask often that do not wait for it. The clock moves by ten nanoseconds more with each
    /// question.
    case time
  }

  private var count: Int64 = 0
  private var start = VirtualTime.zero

  /// How many questions in a row are free.
  static let freeQuestions: Int64 = 64
  /// What computing between two questions may take if they are to be in a row.
  static let shortestWorkPicoseconds: Int64 = 10_000_000
  private static let increment: Int64 = 10_000
  private static let smallestStep: Int64 = 1_000_000
  private static let shareOfWaiting: Int64 = 64
  /// By so many questions a row gets shorter where the rank computes in it: not every hiccup of a measured clock ends a
  /// poll.
  private static let interruption: Int64 = 16

  /// Takes a question into account.
  ///
  /// - Parameters:
  ///   - now: the rank's clock.
  ///   - hasWorked: whether the rank has computed since the last question.
  /// - Returns: by how many picoseconds the question moves the rank's clock.
  mutating func step(asking subject: Subject, at now: VirtualTime, hasWorked: Bool) -> Int64 {
    if hasWorked {
      count = max(0, count - Self.interruption)
      return 0
    }
    if count == 0 { start = now }
    count += 1
    let surplus = count - Self.freeQuestions
    guard surplus > 0 else { return 0 }
    switch subject {
    case .time: return surplus * Self.increment
    case .others: return max(Self.smallestStep, (now.picoseconds - start.picoseconds) / Self.shareOfWaiting)
    }
  }

  /// The rank has learnt what it wanted, or does something else.
  mutating func end() { count = 0 }
}
