import Testing

@testable import PyTorchBridge

@Suite struct SleepTests {
  /// What a rank does: computes and then sleeps, again and again.
  private struct Step {
    let computed: Int64
    let slept: Int64
  }

  private struct Waking: Equatable {
    let rank: Int
    let time: Int64
  }

  /// Whoever wakes has been preceded by all that wake earlier in virtual time: the order in which ranks go on is that of
  /// their clocks, however long they take for real.
  @Test("ranks wake in the order of their clocks")
  func ranksWakeInTheOrderOfTheirClocks() throws {
    for seed in 0..<12 as Range<UInt64> {
      let steps = randomSteps(seed: seed)
      var expected: [Waking] = []
      for (rank, steps) in steps.enumerated() {
        var time: Int64 = 0
        for step in steps {
          time += step.computed + step.slept
          expected.append(Waking(rank: rank, time: time))
        }
      }
      expected.sort { $0.time < $1.time }

      let wakings = Notes<Waking>()
      try PlayedWorld.run(ranks: steps.count) { script in
        for step in steps[script.rank] {
          let time = script.sleep(step.slept, computed: step.computed)
          wakings.add(Waking(rank: script.rank, time: time))
        }
      }

      #expect(wakings.all == expected, "seed \(seed)")
    }
  }

  /// Odd durations, so that no two ranks wake at the same instant.
  private func randomSteps(seed: UInt64) -> [[Step]] {
    var random = SplitMix(seed: seed)
    return (0..<Int.random(in: 2...4, using: &random)).map { _ in
      (0..<Int.random(in: 1...12, using: &random)).map { _ in
        Step(
          computed: .random(in: 0...1_000_000_007, using: &random),
          slept: .random(in: 1...3_000_000_019, using: &random))
      }
    }
  }

  @Test("a rank that sleeps lets another one compute")
  func aRankThatSleepsLetsAnotherOneCompute() throws {
    let order = Notes<String>()
    try PlayedWorld.run(ranks: 2) { script in
      if script.rank == 0 {
        _ = script.sleep(1_000_000)
        order.add("slept")
      } else {
        order.add("began")
        _ = script.now(computed: 500_000)
        order.add("computed")
      }
    }
    #expect(order.all == ["began", "computed", "slept"])
  }

  @Test("a sleep beyond the end of virtual time is refused with the run")
  func aSleepBeyondTheEndOfVirtualTimeIsRefusedWithTheRun() {
    #expect {
      try PlayedWorld.run(ranks: 1) { script in
        for _ in 0..<3 { _ = script.sleep(.max / 2) }
      }
    } throws: { error in
      "\(error)".contains("virtual time")
    }
  }
}
