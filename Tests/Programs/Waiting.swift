import Dispatch
import Foundation
import Uniference

/// Programs in which one rank does several things at once.
struct Waiting {
  let rank: Rank

  /// Neighbours send and receive at the same time, each waiting for what the other does, in an order that would
  /// deadlock if waiting kept the rank's other tasks from going on.
  func exchange(rounds: Int) async throws {
    let other = rank.index ^ 1
    guard other < rank.worldSize else { return }
    for round in 0..<rounds {
      async let received = rank.world.receive(ByteCount.self, from: other, tag: round).elementCount
      async let echoed = echo(with: other, tag: 1_000_000 + round)
      try await rank.world.send(ByteCount(byteCount: round), to: other, tag: round)
      let (count, echo) = try await (received, echoed)
      guard count == round, echo == 7 else { throw Unexpected("round \(round) brought \(count) and \(echo)") }
    }
    if rank.index == 0 { print("exchanged \(rounds) times") }
  }

  private func echo(with other: Int, tag: Int) async throws -> Int {
    if rank.index < other {
      try await rank.world.send(ByteCount(byteCount: 7), to: other, tag: tag)
      return try await rank.world.receive(ByteCount.self, from: other, tag: tag).elementCount
    }
    let ball = try await rank.world.receive(ByteCount.self, from: other, tag: tag)
    try await rank.world.send(ball, to: other, tag: tag)
    return ball.elementCount
  }

  /// One task waits for an answer to what another task sends only after a sleep.
  func sleepBeforeSending() async throws {
    let other = rank.index ^ 1
    guard other < rank.worldSize else { return }
    if rank.index == 0 {
      async let answer = rank.world.receive(ByteCount.self, from: other)
      try await rank.clock.sleep(for: .milliseconds(20))
      try await rank.world.send(ByteCount(byteCount: 3), to: other)
      print("answered \(try await answer.elementCount), slept \(rank.now >= .milliseconds(20))")
    } else {
      try await rank.world.send(try await rank.world.receive(ByteCount.self, from: other), to: other)
    }
  }

  /// A task awaits what another thread does.
  func awaitAnotherThread() async throws {
    let number = await withCheckedContinuation { continuation in
      DispatchQueue.global().asyncAfter(deadline: .now() + 0.01) { continuation.resume(returning: 42) }
    }
    try await rank.world.barrier()
    if rank.index == 0 { print("the other thread says \(number)") }
  }
}

/// What a program did not expect.
struct Unexpected: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Ends the process at once, as a crash would.
func fatalExit() -> Never { _exit(3) }
