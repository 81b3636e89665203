import Models
import Predictions
import Testing
import Uniference

@Suite("Predictions of Llama")
struct PredictionTests {
  private func experiment(_ strategy: ParallelStrategy, cluster: Cluster, generate: Int = 8) throws -> Experiment {
    let configuration = try #require(LlamaConfiguration.preset("smollm2-135m"))
    let shape = try LlamaWorkload(batchSize: 1, promptLength: 32, generatedTokenCount: generate)
    return Experiment(
      modelName: "smollm2-135m", workload: TextGeneration(model: configuration, shape: shape), strategy: strategy,
      cluster: cluster)
  }

  private func jetsons(_ count: Int) -> Cluster {
    Cluster(
      devices: .jetsonOrinNano, count: count,
      network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(100)))
  }

  @Test("tokens per second are those after the first token")
  func rate() throws {
    let prediction = try experiment(.single, cluster: jetsons(1)).predict()

    let total = try #require(prediction[.totalTime])
    let first = try #require(prediction[.timeToFirstToken])
    let rate = try #require(prediction[.tokensPerSecond])
    #expect(abs(rate - 7 / (total - first)) < 1e-9 * rate)
    #expect(prediction[.bytesSent] == 0)
    // A small model's kernels are shorter than their dispatch; a CPU runs the program itself.
    #expect((0.4..<0.9).contains(try #require(prediction[.busyFraction])))
    let board = Cluster(
      devices: .raspberryPi5, count: 1, network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .zero))
    #expect(try experiment(.single, cluster: board).predict()[.busyFraction] == 1)
  }

  @Test(
    "the same inputs give the same event log, and the shortcut the same times",
    arguments: [ParallelStrategy.tensor(3), .pipeline(3), .sequence(degree: 3, overlapped: true)])
  func deterministic(strategy: ParallelStrategy) throws {
    let experiment = try experiment(strategy, cluster: jetsons(3))
    var quick = SimulationOptions()
    quick.usesMemoisedTiming = true

    let first = try experiment.predict()
    let second = try experiment.predict()
    let shortened = try experiment.predict(options: quick)

    #expect(first.event_log_sha256 == second.event_log_sha256)
    #expect(first[.totalTime] == shortened[.totalTime])
    #expect(first[.bytesSent] == shortened[.bytesSent])
    #expect(first[.messages] == shortened[.messages])
  }

  @Test("what does not fit is a result that names the device, the peak and the largest tensors")
  func outOfMemory() throws {
    var cluster = jetsons(1)
    cluster.devices[0].specification = try cluster.devices[0].specification.overriding([
      ("memory", "1.8 GB"), ("reserved_memory", "1.6 GB"),
    ])

    let prediction = try experiment(.single, cluster: cluster).predict()

    #expect(!prediction.fits)
    #expect(prediction[.tokensPerSecond] == nil)
    let reason = try #require(prediction.reason)
    #expect(reason.hasPrefix("out of memory on jetson-orin-nano: "))
    #expect(reason.contains("largest: "))
    let peak = try #require(prediction.peak_memory_bytes.first)
    #expect(peak > 0)
  }

  @Test("what does not fit says what it would need in all, and with that much it fits")
  func memoryNeeded() throws {
    for strategy in [ParallelStrategy.single, .tensor(3), .pipeline(2), .sequence(degree: 2, overlapped: false)] {
      var small = jetsons(3)
      for rank in small.devices.indices {
        small.devices[rank].specification = try small.devices[rank].specification.overriding([
          ("memory", "1.62 GB"), ("reserved_memory", "1.6 GB"),
        ])
      }
      let unfit = try experiment(strategy, cluster: small).predict()
      let needs = try #require(unfit.memory_needed)
      #expect(needs.map(\.device) == unfit.runs_on && needs.count == strategy.deviceCount)
      #expect(needs.contains { !$0.fits })
      for need in needs {
        #expect(need.bytes == need.weights_bytes + need.key_value_cache_bytes + need.activations_bytes)
        #expect(need.weights_bytes > 0 && need.activations_bytes > 0)
      }
      // Independently of each other: devices with all they need, and with a byte less on the neediest one.
      let most = try #require(needs.map(\.bytes).max())
      for (memory, fits) in [(most, true), (most - 1, false)] {
        var exact = jetsons(3)
        for rank in exact.devices.indices {
          exact.devices[rank].specification = try exact.devices[rank].specification.overriding([
            ("memory", "\(memory) B"), ("reserved_memory", "0 B"),
          ])
        }
        #expect(try experiment(strategy, cluster: exact).predict().fits == fits, "\(strategy), \(memory) bytes")
      }
    }
  }

  @Test("a faster device gets the larger share and shortens the run")
  func unequalDevices() throws {
    var mixed = jetsons(2)
    mixed.devices[1] = ClusterDevice(name: "agx", .jetsonAGXOrin)

    let equal = try experiment(.pipeline(2), cluster: jetsons(2)).predict()
    let unequal = try experiment(.pipeline(2), cluster: mixed).predict()

    #expect(unequal[.totalTime]! < equal[.totalTime]!)
    #expect(unequal.peak_memory_bytes[1] > unequal.peak_memory_bytes[0])
  }

  @Test("a device that throttles takes longer, one that fails ends the run with its rank and time")
  func slowdownAndFailure() throws {
    let plain = try experiment(.tensor(3), cluster: jetsons(3)).predict()
    var throttled = jetsons(3)
    throttled.devices[0].speed = try SpeedProfile(slowdowns: [Slowdown(from: .zero, until: nil, speed: 0.25)])
    #expect(try experiment(.tensor(3), cluster: throttled).predict()[.totalTime]! > plain[.totalTime]!)

    var failing = jetsons(3)
    failing.failures = [DeviceFailure(device: 2, at: .milliseconds(5))]
    let failure = #expect(throws: RunFailure.self) {
      _ = try experiment(.tensor(3), cluster: failing).predict()
    }
    #expect("\(try #require(failure))".contains("the device of rank 2 stopped working at virtual time 5 ms"))
  }

  @Test("the winner has the most tokens per second, and the verdict says why")
  func verdict() throws {
    let cluster = jetsons(3)
    let experiments = try [ParallelStrategy.single, .tensor(3), .pipeline(3)].map {
      try experiment($0, cluster: cluster)
    }
    let comparison = StrategyComparison(try experiments.map { try $0.predict() }, of: experiments[0].workload)

    let winner = try #require(comparison.winner)
    #expect(comparison.predictions.allSatisfy { $0[.tokensPerSecond]! <= winner[.tokensPerSecond]! })
    #expect(comparison.verdict.hasPrefix("\(winner.strategy) wins with "))
    #expect(comparison.predictions.allSatisfy { $0.memory_needed == nil })
  }
}
