import Models
import Predictions
import Serving
import TestSupport
import Testing
import Uniference

@Suite("Served models and engines")
struct ServedModelsTests {
  private static func scenario(
    model: String, strategy: String = "tensor=2", serving: String = "{}", requests: Int = 3, concurrency: Int = 2,
    runtime: String = "vllm", generate: Int = 3
  ) throws -> Scenario {
    try Scenario(
      yaml: """
        cluster:
          name: gpus
          devices: [{name: gpu, count: 4, model: b200}]
          network: {topology: nodes, devices_per_node: 4, inside: {bandwidth: 900 GB/s, latency: 1 us},
                    link: {bandwidth: 400 Gbps, latency: 2 us}, transport: nccl}
        model: \(model)
        runtime: \(runtime)
        strategy: \(strategy)
        serving: \(serving)
        workload: {arrivals: {concurrency: \(concurrency)}, requests: \(requests), prompt: 100, generate: \(generate)}
        """)
  }

  private static func rows(_ scenario: Scenario, everyMessage: Bool = false) throws -> [ServedRequests.Row] {
    let prediction = try ServingTaskTests.predict(scenario, everyMessage: everyMessage)
    return try #require(prediction.output as? ServedRequests).requests
  }

  @Test(
    "layers that are counted take as long as those that are computed: windows, experts, latent vectors",
    arguments: [
      ("gpt-oss-20b", "tensor=2", "{expert_parallel: 2}"),
      ("deepseek-v3\nquantization: nvfp4-experts", "tensor=4", "{scheduler: sglang}"),
    ])
  func countedLayers(model: String, strategy: String, serving: String) throws {
    let scenario = try Self.scenario(model: model, strategy: strategy, serving: serving)
    let counted = try Self.rows(scenario)
    let computed = try Self.rows(scenario, everyMessage: true)
    #expect(counted.count == 3)
    for (one, other) in zip(counted, computed) {
      let (first, second) = (try #require(one.latency_s), try #require(other.latency_s))
      #expect(abs(first - second) <= 1e-9 * second)
    }
  }

  @Test("whole experts take as much memory of each device as columns of all")
  func expertParallelism() throws {
    func memory(_ serving: String) throws -> Int {
      let scenario = try Self.scenario(model: "gpt-oss-20b", strategy: "tensor=4", serving: serving, requests: 1)
      return try ServingTaskTests.predict(scenario).peak_memory_bytes[0]
    }
    let (whole, columns) = (try memory("{expert_parallel: 4}"), try memory("{}"))
    #expect(abs(whole - columns) < columns / 100)
  }

  @Test("expert counts that do not divide, and experts of a model without, are refused in one line")
  func refusals() throws {
    for (model, serving, message) in [
      ("gpt-oss-20b", "{expert_parallel: 5}", "experts % expert_parallel = 32 % 5 = 2, must be 0"),
      ("llama-3.1-8b", "{expert_parallel: 2}", "llama-3.1-8b has no experts; leave the field out"),
    ] {
      let error = #expect(throws: (any Error).self) {
        _ = try Self.scenario(model: model, serving: serving)
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains(message))
    }
  }

  @Test("latent attention without serving is refused")
  func latentWithoutServing() throws {
    let scenario = try Scenario(
      yaml: """
        cluster: {devices: [{name: gpu, model: b200}]}
        model: deepseek-v3
        workload: {prompt: 8, generate: 2}
        """)
    #expect(throws: (any Error).self) { _ = try ServingTaskTests.predict(scenario) }
  }

  @Test("with late results users see each token one iteration later, and nobody is lost at the end")
  func lateResults() throws {
    let early = try Self.rows(Self.scenario(model: "smollm2-135m", strategy: "single", serving: "{scheduler: vllm}"))
    let late = try Self.rows(
      Self.scenario(
        model: "smollm2-135m", strategy: "single", serving: "{scheduler: {policy: vllm, late_results: true}}"))
    #expect(late.count == early.count)
    #expect(try #require(late[0].time_to_first_token_s) > (try #require(early[0].time_to_first_token_s)))
    #expect(late.allSatisfy { $0.latency_s != nil })
  }

  @Test("prompts that CUDA graphs replay do not wait for the host's layers of experts, longer ones do")
  func capturedTokens() throws {
    func firstToken(_ captured: Int) throws -> Double {
      let serving = "{scheduler: {policy: vllm, captured_tokens: \(captured)}}"
      let rows = try Self.rows(
        Self.scenario(model: "gpt-oss-20b", strategy: "single", serving: serving, runtime: "vllm-server"))
      return try #require(rows[0].time_to_first_token_s)
    }
    let (none, few, all) = try (firstToken(0), firstToken(8), firstToken(8192))
    #expect(none == few && all < none - 0.005)
  }

  @Test("a server's requests take their way to the scheduler, one after another")
  func requestWay() throws {
    let plain = try Self.rows(Self.scenario(model: "smollm2-135m", strategy: "single", runtime: "vllm"))
    let server = try Self.rows(Self.scenario(model: "smollm2-135m", strategy: "single", runtime: "vllm-server"))
    let difference = try #require(server[0].time_to_first_token_s) - (try #require(plain[0].time_to_first_token_s))
    #expect(difference > 0.02 && difference < 0.04)
  }
}
