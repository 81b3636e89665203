import Dispatch
import Foundation
import Synchronization
import Testing

@testable import LibTorch

/// The executor of a deployed rank, without any process group.
@Suite struct RankLoopTests {
  @Test("runs tasks one at a time")
  func runsTasksOneAtATime() throws {
    try RankLoop().run {
      let presence = Presence()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            await Task.yield()
            presence.comeAndGo()
          }
        }
      }
      #expect(presence.visits == 20)
      #expect(presence.mostAtOnce == 1)
    }
  }

  @Test("goes on after another thread has answered")
  func goesOnAfterAnotherThreadHasAnswered() throws {
    try RankLoop().run {
      let answer = await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: 7) }
      }
      #expect(answer == 7)
    }
  }

  /// A single operation is waited for in its own way; two are asked in turn, whatever the order of waiting.
  @Test("blocks for one and asks several")
  func blocksForOneAndAsksSeveral() throws {
    let loop = RankLoop()
    try loop.run {
      let alone = Countdown(1)
      try await loop.wait(for: alone)
      #expect(alone.blockedCount > 0)

      let (slow, quick) = (Countdown(50), Countdown(3))
      async let slowEnd: Void = loop.wait(for: slow)
      try await loop.wait(for: quick)
      #expect(quick.blockedCount == 0)
      try await slowEnd
    }
  }

  @Test("throws what an operation ends with")
  func throwsWhatAnOperationEndsWith() {
    let loop = RankLoop()
    #expect(throws: Countdown.Failure.self) {
      try loop.run { try await loop.wait(for: Countdown(2, fails: true)) }
    }
  }
}

/// Ends after having been asked some times, or at once where it may block.
private final class Countdown: Advancing {
  struct Failure: Error {}

  private let remaining: Mutex<Int>
  private let blocked = Mutex(0)
  private let fails: Bool

  init(_ count: Int, fails: Bool = false) {
    remaining = Mutex(count)
    self.fails = fails
  }

  var blockedCount: Int { blocked.withLock { $0 } }

  func advance(mayBlock: Bool) throws -> Bool {
    if mayBlock { blocked.withLock { $0 += 1 } }
    let count = remaining.withLock { remaining in
      remaining -= 1
      return remaining
    }
    if fails && count <= 0 { throw Failure() }
    return (mayBlock && !fails) || count <= 0
  }
}

/// Counts who is there at the same time.
private final class Presence: Sendable {
  private struct Counts {
    var now = 0
    var most = 0
    var visits = 0
  }

  private let counts = Mutex(Counts())

  var visits: Int { counts.withLock { $0.visits } }
  var mostAtOnce: Int { counts.withLock { $0.most } }

  func comeAndGo() {
    counts.withLock { counts in
      counts.now += 1
      counts.visits += 1
      counts.most = max(counts.most, counts.now)
    }
    usleep(200)
    counts.withLock { $0.now -= 1 }
  }
}
