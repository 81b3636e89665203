import ChildPrograms
import Communication
import Foundation
import SimulationKernel
import Testing

@testable import PyTorchBridge

@Suite struct PollingTests {
  @Test("few questions are free")
  func fewQuestionsAreFree() {
    for subject in [Polling.Subject.others, .time] {
      var polling = Polling()
      let steps = (0..<Polling.freeQuestions).map { _ in polling.step(asking: subject, at: .zero, hasWorked: false) }
      #expect(steps.allSatisfy { $0 == 0 })
      #expect(polling.step(asking: subject, at: .zero, hasWorked: false) > 0)
    }
  }

  @Test("waiting for others overshoots by a few percent and takes hundreds of questions")
  func waitingForOthersOvershootsByAFewPercentAndTakesHundredsOfQuestions() {
    for target in [1, 1000, 1_000_000, 3_600_000_000].map({ Int64($0) * 1_000_000 }) {
      let (questions, end) = poll(.others, until: target)
      #expect(end < target + max(target / 50, 1_000_000), "until \(target)")
      #expect(questions < 1500)
    }
  }

  @Test("a thousand questions for the time take milliseconds and an hour is reached")
  func aThousandQuestionsForTheTimeTakeMillisecondsAndAHourIsReached() {
    var polling = Polling()
    let passed = (0..<1000).reduce(Int64(0)) { passed, _ in
      passed + polling.step(asking: .time, at: VirtualTime(picoseconds: passed), hasWorked: false)
    }
    #expect(passed < 5_000_000_000)
    #expect(poll(.time, until: 3_600_000_000_000_000).questions < 1_000_000)
  }

  @Test("who works in between does not poll")
  func whoWorksInBetweenDoesNotPoll() {
    var polling = Polling()
    for number in 0..<5000 {
      #expect(polling.step(asking: .others, at: .zero, hasWorked: number % 2 == 0) == 0)
    }
  }

  @Test("who has done something else begins anew")
  func whoHasDoneSomethingElseBeginsAnew() {
    var polling = Polling()
    for _ in 0..<200 { _ = polling.step(asking: .others, at: .zero, hasWorked: false) }
    polling.end()
    #expect(polling.step(asking: .others, at: .zero, hasWorked: false) == 0)
  }

  private func poll(_ subject: Polling.Subject, until target: Int64) -> (questions: Int, end: Int64) {
    var polling = Polling()
    var (questions, now) = (0, Int64(0))
    while now < target {
      now += polling.step(asking: subject, at: VirtualTime(picoseconds: now), hasWorked: false)
      questions += 1
    }
    return (questions, now)
  }

  // MARK: In a world

  /// Ranks that sleep, compute, and poll for each other's keys: the same times on every run, whatever the ranks' threads do,
  /// and nobody learns of a key before it has been set.
  @Test("polls are the same on every run")
  func pollsAreTheSameOnEveryRun() throws {
    for seed in 0..<6 as Range<UInt64> {
      let runs = try (0..<2).map { _ in try pollingTimes(seed: seed) }
      #expect(runs[0] == runs[1], "seed \(seed)")
      for (key, set) in runs[0].set {
        for seen in runs[0].seen[key] ?? [] {
          #expect(seen >= set, "seed \(seed), key \(key)")
          #expect(seen <= set + max(set / 50, 1_000_000), "seed \(seed), key \(key)")
        }
      }
    }
  }

  private struct Times: Equatable {
    var set: [String: Int64] = [:]
    var seen: [String: [Int64]] = [:]
  }

  private func pollingTimes(seed: UInt64) throws -> Times {
    let events = Notes<(rank: Int, isSet: Bool, key: String, time: Int64)>()
    try PlayedWorld.run(ranks: 3) { script in
      var random = SplitMix(seed: seed * 3 + UInt64(script.rank))
      for round in 0..<4 {
        if script.rank == round % 3 {
          let computed = Int64.random(in: 0...9_000_000, using: &random)
          _ = script.sleep(.random(in: 1...50_000_000, using: &random), computed: computed)
          events.add((script.rank, true, "\(round)", script.set("\(round)")))
        } else {
          while !script.check("\(round)") {}
          events.add((script.rank, false, "\(round)", script.now()))
        }
      }
    }
    var times = Times()
    for event in events.all.sorted(by: { ($0.time, $0.rank) < ($1.time, $1.rank) }) {
      if event.isSet {
        times.set[event.key] = event.time
      } else {
        times.seen[event.key, default: []].append(event.time)
      }
    }
    return times
  }
}

@Suite struct ProcessActivityTests {
  @Test("a process that sleeps is idle and one that loops is not")
  func aProcessThatSleepsIsIdleAndOneThatLoopsIsNot()
    throws
  {
    let sleeper = try ShellCommand("exec sleep 600")
    let loop = try ShellCommand("while :; do :; done")
    defer { [sleeper, loop].forEach { $0.kill() } }

    #expect(try becomesIdle(sleeper.process, ProcessActivity.init(of:)))
    #expect(try !staysIdle(loop.process, ProcessActivity.init(of:)))
  }

  @Test("what a process has started belongs to its family")
  func whatAProcessHasStartedBelongsToItsFamily() throws {
    let parent = try ShellCommand("sh -c 'while :; do :; done' & wait")
    defer { parent.kill() }

    #expect(try becomesIdle(parent.process, ProcessActivity.init(of:)))
    #if !canImport(Darwin)
      #expect(try !staysIdle(parent.process, ProcessActivity.includingChildren))
    #endif
  }

  @Test("a process that is gone has no activity")
  func aProcessThatIsGoneHasNoActivity() throws {
    let gone = try ShellCommand("exit 0")
    gone.kill()
    #expect(ProcessActivity(of: gone.process) == nil)
  }

  /// Whether the process is found idle at last; a busy machine may need a while to start it.
  private func becomesIdle(_ pid: Int32, _ look: (Int32) -> ProcessActivity?) throws -> Bool {
    for _ in 0..<600 where try staysIdle(pid, look) { return true }
    return false
  }

  private func staysIdle(_ pid: Int32, _ look: (Int32) -> ProcessActivity?) throws -> Bool {
    let first = try #require(look(pid))
    usleep(100_000)
    return try #require(look(pid)).isIdle(since: first)
  }
}

/// A command of the shell in a session of its own, so that it can be killed with all that it has started. It holds no file
/// of the tests and takes 30 s of processor time at most, so that nobody waits for one that is left behind.
private struct ShellCommand {
  let process: pid_t

  init(_ command: String) throws {
    var child = ChildProcess(words: ["/bin/sh", "-c", "exec > /dev/null 2>&1; ulimit -t 30; \(command)"])
    child.hasOwnSession = true
    process = try child.start()
  }

  func kill() {
    killpg(process, SIGKILL)
    waitpid(process, nil, 0)
  }
}
