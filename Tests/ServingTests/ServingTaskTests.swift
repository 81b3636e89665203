import Devices
import Documents
import Foundation
import Models
import Serving
import TestSupport
import Testing
import Uniference

@testable import Predictions

@Suite("Scenarios with serving")
struct ServingTaskTests {
  private static let nodes =
    "topology: nodes, devices_per_node: 8, inside: {bandwidth: 450 GB/s, latency: 1 us}, "
    + "link: {bandwidth: 400 Gbps, latency: 2 us}, transport: nccl"
  private static let load =
    "{arrivals: {poisson: 40 /s}, requests: 60, prompt: {lognormal: {median: 200, p95: 900}}, generate: 20}"

  /// A small model, so that iterations are computed in no time.
  static func scenario(
    devices: Int = 3, network: String = ServingTaskTests.nodes,
    model: String = "smollm2-135m", strategy: String = "tensor=3", serving: String = "{}",
    workload: String = ServingTaskTests.load, rest: String = ""
  ) throws -> Scenario {
    try Scenario(
      yaml: """
        cluster: {name: gpus, devices: [{name: gpu, count: \(devices), model: h100-sxm}], network: {\(network)}}
        model: \(model)
        runtime: vllm
        strategy: \(strategy)
        serving: \(serving)
        workload: \(workload)
        \(rest)
        """)
  }

  static func predict(_ scenario: Scenario, everyMessage: Bool = false, seed: UInt64 = 0) throws -> Prediction {
    let experiment = Experiment(
      modelName: scenario.modelName, workload: scenario.workload, strategy: scenario.strategiesToTry[0],
      cluster: scenario.cluster)
    var options = SimulationOptions()
    options.seed = seed
    options.usesMemoisedTiming = !everyMessage
    return try experiment.predict(options: options)
  }

  private static func rows(_ prediction: Prediction) throws -> [ServedRequests.Row] {
    try #require(prediction.output as? ServedRequests).requests
  }

  // MARK: Memory

  @Test(
    "iterations taken from memory take as long, and use as much, as those computed again",
    arguments: [
      "{}", "{replicas: 2}", "{replicas: 2, router: prefix-aware, scheduler: sglang}", "{scheduler: tensorrt-llm}",
    ])
  func memory(serving: String) throws {
    let scenario = try Self.scenario(
      devices: 6, strategy: "tensor=3", serving: serving,
      workload: "{arrivals: {poisson: 150 /s}, requests: 16, prompt: {uniform: {from: 20, to: 40}}, generate: 8}")

    let quick = try Self.predict(scenario)
    let full = try Self.predict(scenario, everyMessage: true)

    #expect(try Self.rows(quick) == Self.rows(full))
    for value in quick.metrics {
      let (found, expected) = (value.value ?? 0, full[value.metric] ?? 0)
      #expect(abs(found - expected) <= 1e-9 * abs(expected), "\(value.metric.name): \(found), \(expected)")
    }
    #expect(quick.peak_memory_bytes == full.peak_memory_bytes)
  }

  @Test("memory is used where iterations repeat, and not where nothing may be remembered")
  func useOfMemory() throws {
    func remembered(_ scenario: Scenario, everyMessage: Bool = false) throws -> (remembered: Int, all: Int) {
      let prediction = try Self.predict(scenario, everyMessage: everyMessage)
      let output = try #require(prediction.output as? ServedRequests)
      return (output.report.rememberedCount, output.report.iterationCount)
    }
    let load = "{arrivals: {concurrency: 4}, requests: 16, prompt: 100, generate: 8}"
    let steady = try remembered(Self.scenario(devices: 3, strategy: "tensor=3", workload: load))
    #expect(steady.remembered > steady.all / 2)
    let full = try remembered(Self.scenario(devices: 3, strategy: "tensor=3", workload: load), everyMessage: true)
    #expect(full.remembered == 0 && full.all == steady.all)
    // Two replicas whose messages share the air.
    let shared = try remembered(
      Self.scenario(
        devices: 6, network: "topology: shared, link: {bandwidth: 100 Gbps, latency: 1 us}", strategy: "tensor=3",
        serving: "{replicas: 2}", workload: load))
    #expect(shared.remembered == 0)
    // A link that changes.
    let changing = try remembered(
      Self.scenario(
        devices: 3,
        network: "link: {bandwidth: 100 Gbps, latency: 1 us}, "
          + "changes: [{link: gpu-0->switch, at: 10 ms, bandwidth: 1 Gbps}]", strategy: "tensor=3", workload: load))
    #expect(changing.remembered == 0)
  }

  @Test("a link that becomes slow delays the requests after it")
  func changingLink() throws {
    let load = "{arrivals: {constant: 50 /s}, requests: 40, prompt: 100, generate: 5}"
    func scenario(_ changes: String) throws -> Scenario {
      try Self.scenario(
        devices: 3, network: "link: {bandwidth: 100 Gbps, latency: 1 us}\(changes)", strategy: "tensor=3",
        workload: load)
    }
    let plain = try Self.rows(Self.predict(scenario("")))
    let slow = try Self.rows(
      Self.predict(scenario(", changes: [{link: gpu-0->switch, at: 400 ms, bandwidth: 1 Gbps}]")))

    #expect(plain[..<15].map(\.latency_s) == slow[..<15].map(\.latency_s))
    #expect(slow[39].latency_s! > 1.5 * plain[39].latency_s!)
  }

  @Test("one seed gives one event log, another seed other requests")
  func determinism() throws {
    let scenario = try Self.scenario(devices: 3, strategy: "tensor=3")

    let first = try Self.predict(scenario)
    let second = try Self.predict(scenario)
    let other = try Self.predict(scenario, seed: 1)

    #expect(first.event_log_sha256 == second.event_log_sha256)
    #expect(try Self.rows(first) == Self.rows(second) && Self.rows(first) != Self.rows(other))
  }

  // MARK: Figures

  @Test("one request alone takes as long as text generation does")
  func alone() throws {
    let served = try Self.predict(
      Self.scenario(
        devices: 1, model: "llama-3.1-8b", strategy: "single",
        workload: "{arrivals: {concurrency: 1}, requests: 3, prompt: 512, generate: 33}"))
    let generated = try Self.predict(
      Scenario(
        yaml: """
          cluster: {devices: [{model: h100-sxm}]}
          model: llama-3.1-8b
          runtime: vllm
          strategy: single
          workload: {prompt: 512, generate: 33}
          """))

    let row = try Self.rows(served)[2]
    let first = try #require(generated[.timeToFirstToken])
    let each = try 1 / #require(generated[.tokensPerSecond])
    // The same operations; contexts are whole blocks here.
    #expect(abs(row.time_to_first_token_s! / first - 1) < 1e-9)
    #expect(abs(row.time_per_output_token_s! / each - 1) < 0.005)
  }

  @Test("more load makes tokens slower and throughput larger, up to what a replica can do")
  func load() throws {
    func prediction(_ concurrency: Int) throws -> Prediction {
      try Self.predict(
        Self.scenario(
          devices: 1, model: "llama-3.1-8b", strategy: "single",
          workload: "{arrivals: {concurrency: \(concurrency)}, requests: \(4 * concurrency), prompt: 256, generate: 32}"
        ))
    }
    let (one, eight, many) = (try prediction(1), try prediction(8), try prediction(64))

    #expect(one[.outputTokenRate]! < eight[.outputTokenRate]! && eight[.outputTokenRate]! < many[.outputTokenRate]!)
    let each = ServingRun.quantiles[1].metrics[0]
    #expect(one[each]! < eight[each]! && eight[each]! < many[each]!)
    // Decoding eight sequences reads the weights once.
    #expect(eight[.outputTokenRate]! > 5 * one[.outputTokenRate]!)
  }

  @Test("two replicas serve twice as many requests of a load that is too large for one")
  func replicas() throws {
    func rate(_ replicas: Int) throws -> Double {
      let prediction = try Self.predict(
        Self.scenario(
          devices: 2, strategy: "single", serving: "{replicas: \(replicas), scheduler: {max_sequences: 4}}",
          workload: "{arrivals: {constant: 100000 /s}, requests: 200, prompt: 100, generate: 20}"))
      return try #require(prediction[.servedRate])
    }
    #expect(abs(try rate(2) / rate(1) - 2) < 0.05)
  }

  @Test("KV blocks take the memory that weights and activations leave")
  func memoryOfBlocks() throws {
    let prediction = try Self.predict(
      Self.scenario(devices: 1, model: "llama-3.1-8b", strategy: "single", serving: "{memory: 50%}"))
    let specification = try DeviceCatalogue.device("h100-sxm")
    let half = specification.memory.value.bytes / 2

    let peak = try #require(prediction.peak_memory_bytes.first)
    #expect(peak <= half && peak > half * 9 / 10)
  }

  @Test("more requests than memory has blocks for are preempted, and served all the same")
  func preemption() throws {
    let prediction = try Self.predict(
      Self.scenario(
        devices: 1, strategy: "single",
        serving: "{memory: 1%, scheduler: {max_batched_tokens: 512, prefix_cache: false}}",
        workload: "{arrivals: {burst: 60, every: 1 s}, requests: 60, prompt: 200, generate: 300}"))

    #expect(prediction[.preemptions]! > 0 && prediction[.peakBlockShare]! > 0.95)
    #expect(try Self.rows(prediction).count == 60)
  }

  @Test("a shared beginning is computed once")
  func prefixes() throws {
    func time(_ cache: Bool) throws -> Prediction {
      try Self.predict(
        Self.scenario(
          devices: 1, model: "llama-3.1-8b", strategy: "single", serving: "{scheduler: {prefix_cache: \(cache)}}",
          workload: "{arrivals: {constant: 5 /s}, requests: 12, prompt: 4100, generate: 2, "
            + "shared_prefix: {tokens: 4096, groups: 1}}"))
    }
    let (with, without) = (try time(true), try time(false))
    let first = ServingRun.quantiles[0].metrics[1]

    #expect(with[.prefixHits]! > 0.9 && without[.prefixHits] == nil)
    #expect(with[first]! < without[first]! / 2)
  }

  @Test("Examples/serving.yaml gives its golden figures")
  func golden() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let scenario = try Scenario(
      contentsOf: folder.appending(path: "Examples/serving.yaml").path,
      overrides: [DocumentOverride(parsing: "workload.requests=40")])
    let prediction = try Self.predict(scenario)
    let output = try #require(prediction.output as? ServedRequests)
    let lines = ServedRequests.presentation(of: [("tensor=2", output)])

    #expect(
      lines.matrix?.rows.map { "\($0.name): \($0.cells.joined(separator: ", "))" } == [
        "TTFT: 32.27 ms ±40%, 19.04 ms ±46%, 47.3 ms ±268%, 298.5 ms",
        "TPOT: 5.613 ms ±4.2%, 5.383 ms ±5.1%, 6.595 ms ±13%, 8.194 ms",
        "ITL: 5.655 ms ±4.3%, 4.631 ms ±0.4%, 5.118 ms ±1.8%, 33.81 ms ±17%",
        "latency: 821 ms ±13%, 831 ms ±17%, 1.287 s ±13%, 1.549 s",
        "queueing: 5.275 ms ±56%, 2.738 ms ±25%, 5.654 ms ±477%, 58.48 ms",
      ])
    #expect(
      lines.remarks.contains(
        "40 requests served in 2.805 s, 978 iterations of 72.1 tokens, 3.11% of the KV blocks at most, 0 preemptions."))
  }

  // MARK: Warnings

  @Test("arrivals that are too fast end, and are said to be")
  func overload() throws {
    let prediction = try Self.predict(
      Self.scenario(
        devices: 1, strategy: "single", serving: "{scheduler: {max_sequences: 1}}",
        workload: "{arrivals: {poisson: 1000 /s}, requests: 300, prompt: 50, generate: 10}"))
    let output = try #require(prediction.output as? ServedRequests)

    #expect(output.requests.count == 300)
    #expect(output.warnings.contains { $0.hasPrefix("Requests arrive faster than they can be served: ") })
  }

  @Test("a run of few requests is said to be too short, a long one is not")
  func shortness() throws {
    func warnings(_ requests: Int) throws -> [String] {
      let prediction = try Self.predict(
        Self.scenario(
          devices: 1, strategy: "single",
          workload: "{arrivals: {poisson: 50 /s}, requests: \(requests), prompt: 50, generate: 10}"))
      return try #require(prediction.output as? ServedRequests).warnings
    }
    #expect(try warnings(20).contains { $0.contains("too short") })
    #expect(try warnings(1000).isEmpty)
  }

  @Test("an objective that nothing meets is said to be one, with the best there is")
  func objectives() throws {
    let prediction = try Self.predict(
      Self.scenario(devices: 1, strategy: "single", rest: "objective: {time_to_first_token: 1 us}"))
    let output = try #require(prediction.output as? ServedRequests)

    #expect(prediction[.attainment] == 0 && prediction[.goodput] == 0)
    #expect(output.warnings.contains { $0.hasPrefix("No request meets the objective time_to_first_token = 1 µs: ") })
    #expect(output.requests.allSatisfy { $0.meets_objective == false })
  }

  @Test("requests that no replica can serve are refused and counted")
  func refusals() throws {
    let prediction = try Self.predict(
      Self.scenario(
        devices: 1, strategy: "single", serving: "{scheduler: {max_length: 300}}",
        workload: "{arrivals: {concurrency: 2}, requests: 50, prompt: {uniform: {from: 100, to: 500}}, generate: 10}"))
    let output = try #require(prediction.output as? ServedRequests)

    let refused = try #require(prediction[.refusedRequests])
    #expect(refused > 5 && Int(refused) + output.requests.count == 50)
    #expect(output.warnings.contains { $0.contains("requests are refused") && $0.contains("at most 300 fit") })
  }

  @Test("a model that leaves no memory for KV blocks does not fit, and the equation says why")
  func noRoom() throws {
    let prediction = try Self.predict(
      Self.scenario(devices: 1, model: "llama-3.1-70b", strategy: "single"))

    #expect(!prediction.fits)
    let reason = try #require(prediction.reason)
    #expect(reason.hasPrefix("no memory for KV blocks on gpu: ") && reason.contains(" weights - "))
    #expect(!reason.contains("\n"))
  }

  // MARK: Documents

  @Test("every field is read")
  func fields() throws {
    let scenario = try Self.scenario(
      devices: 4, model: "llama-3.1-8b", strategy: "tensor=2",
      serving: "{replicas: 2, router: prefix-aware, memory: 80%, scheduler: {policy: sglang, max_batched_tokens: 4096, "
        + "max_sequences: 64, chunked_prefill: false, block: 32, prefix_cache: false, watermark: 2%, max_length: 4000}}",
      workload: "{arrivals: {gamma: 30 /min, cv: 2}, requests: 70, prompt: {uniform: {from: 5, to: 9}}, generate: 3, "
        + "shared_prefix: {tokens: 64, groups: 3}, warm_up: 10}",
      rest: "objective: {time_to_first_token: 500 ms, time_per_output_token: 40 ms, latency: 9 s, percentile: 95}")
    let task = try #require(scenario.workload as? ServingTask)

    #expect(task.replicaCount == 2 && task.router == .prefixAware && task.memoryShare == 0.8)
    var settings = SchedulerSettings(.sglang)
    settings.maximumBatchedTokens = 4096
    settings.maximumSequences = 64
    settings.chunksPrompts = false
    settings.blockSize = 32
    settings.cachesPrefixes = false
    settings.watermark = 0.02
    settings.maximumLength = 4000
    #expect(task.settings == settings)
    #expect(task.load.arrivals == .gamma(rate: 0.5, variation: 2) && task.load.requestCount == 70)
    #expect(task.load.prompt == .uniform(5...9) && task.load.output == .fixed(3) && task.load.warmUpCount == 10)
    #expect(task.load.sharedPrefix == RequestLoad.SharedPrefix(tokens: 64, groups: 3))
    #expect(
      task.objective
        == ServingObjective(timeToFirstToken: 0.5, timePerOutputToken: 0.04, latency: 9, share: 0.95))
  }

  @Test(
    "what is wrong is said in one line with its field",
    arguments: [
      ("serving: {scheduler: vlm}", "serving.scheduler: unknown policy \"vlm\": did you mean \"vllm\"?"),
      (
        "serving: {router: least-load}", "serving.router: unknown router \"least-load\": did you mean \"least-loaded\"?"
      ),
      ("serving: {replica: 2}", "serving.replica: unknown field \"replica\": did you mean \"replicas\"?"),
      ("serving: {replicas: 3}", "strategy: \"tensor=2\": replicas x devices = 3 x 2 = 6, the cluster has 4"),
      ("strategy: pipeline=2", "strategy: \"pipeline=2\": pipeline=2: a replica is single or tensor=N"),
      ("workload: {arrivals: {poisson: 4}, prompt: 1, generate: 1}", "workload.arrivals.poisson: "),
      (
        "workload: {arrivals: {poisson: 4 /s, constant: 1 /s}, prompt: 1, generate: 1}",
        "there are poisson and constant"
      ),
      ("workload: {arrivals: {poisson: 4 /s, cv: 2}, prompt: 1, generate: 1}", "workload.arrivals.cv: goes with gamma"),
      ("workload: {arrivals: {}, prompt: 1, generate: 1}", "workload.arrivals: there is none; write one of poisson"),
      ("workload: {arrivals: {poisson: 4 /s}, generate: 1}", "workload.prompt: is missing"),
      ("workload: {arrivals: {trace: nowhere.csv}}", "workload.arrivals.trace: "),
      ("workload: {arrivals: {poisson: 4 /s}, prompt: trace, generate: 1}", "workload.prompt: there is no trace"),
      (
        "workload: {arrivals: {poisson: 4 /s}, prompt: {lognormal: {median: 9, p95: 3}}, generate: 1}",
        "workload.prompt.lognormal.p95: "
      ),
      (
        "workload: {arrivals: {poisson: 4 /s}, prompt: 1, generate: 1, requests: 5, warm_up: 5}",
        "workload.warm_up: warm_up = 5, but there are only 5 requests"
      ),
      ("objective: {percentile: 99}", "objective: there is no limit"),
      ("objective: {latency: 1 s, percentile: 100}", "objective.percentile: \"100\" is not allowed"),
    ])
  func badFields(line: String, message: String) throws {
    let name = line.prefix { $0 != ":" }
    let fields = [
      "cluster: {devices: [{count: 4, model: h100-sxm}], network: {link: {bandwidth: 1 Gbps}}}", "model: llama-3.1-8b",
      "strategy: tensor=2", "serving: {}", "workload: {arrivals: {poisson: 4 /s}, prompt: 1, generate: 1}",
    ].filter { !$0.hasPrefix("\(name):") }
    let error = #expect(throws: DocumentError.self) {
      _ = try Scenario(yaml: (fields + [line]).joined(separator: "\n"), file: "s.yaml")
    }
    let text = try #require(error?.description)
    #expect(text.hasPrefix("s.yaml:") && text.contains(message) && !text.contains("\n"), "\(text)")
  }

  @Test("arrivals and objectives without serving are told what is missing")
  func withoutServing() {
    for field in ["workload: {arrivals: {poisson: 4 /s}}", "objective: {latency: 1 s}"] {
      let error = #expect(throws: DocumentError.self) {
        _ = try Scenario(yaml: "cluster: {devices: [{model: h100-sxm}]}\nmodel: llama-3.1-8b\n\(field)\n")
      }
      #expect("\(error!)".contains("add the field serving: {}"), "\(error!)")
    }
  }
}
