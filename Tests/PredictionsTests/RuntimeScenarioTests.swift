import Documents
import Testing
import Uniference

@testable import Predictions

@Suite("Scenarios with a runtime")
struct RuntimeScenarioTests {
  static func scenario(_ runtime: String?, device: String = "h100-sxm", generate: Int = 17) throws -> Scenario {
    try Scenario(
      yaml: """
        cluster: {devices: [{model: \(device)}]}
        model: llama-3.1-8b
        dtype: bfloat16
        \(runtime.map { "runtime: \($0)" } ?? "")
        strategy: single
        workload: {prompt: 128, generate: \(generate), batch: 1}
        """)
  }

  static func tokensPerSecond(_ runtime: String?, device: String = "h100-sxm") throws -> Double {
    let scenario = try scenario(runtime, device: device)
    let prediction = try Experiment(
      modelName: scenario.modelName, workload: scenario.workload, strategy: .tensor(1), cluster: scenario.cluster
    ).predict()
    #expect(prediction.runtime == runtime)
    return try #require(prediction[.tokensPerSecond])
  }

  @Test("Llama-3.1-8B decodes at 150 to 170 tokens/s on one H100 under cuda-graphs")
  func cudaGraphs() throws { #expect((150...170).contains(try Self.tokensPerSecond("cuda-graphs"))) }

  @Test("Llama-3.1-8B decodes at 250 to 400 tokens/s on eight H100 under cuda-graphs")
  func cudaGraphsOfEight() throws {
    let scenario = try Scenario(
      yaml: """
        cluster:
          devices: [{count: 8, model: h100-sxm}]
          network:
            {topology: nodes, devices_per_node: 8, transport: nccl,
             inside: {bandwidth: 450 GB/s, latency: 1 us}, link: {bandwidth: 400 Gbps, latency: 2 us}}
        model: llama-3.1-8b
        runtime: cuda-graphs
        strategy: tensor=8
        workload: {prompt: 128, generate: 17}
        """)
    let prediction = try Experiment(
      modelName: scenario.modelName, workload: scenario.workload, strategy: .tensor(8), cluster: scenario.cluster
    ).predict()
    #expect((250...400).contains(try #require(prediction[.tokensPerSecond])))
  }

  @Test("the host bounds eager decoding, and what it fuses makes an engine faster")
  func order() throws {
    let eager = try Self.tokensPerSecond("eager")
    #expect((20...32).contains(eager))
    #expect(try Self.tokensPerSecond("compiled") > 3 * eager)
    #expect(try Self.tokensPerSecond("vllm") > 4 * eager)
    #expect(try Self.tokensPerSecond("llama.cpp") < Self.tokensPerSecond("tensorrt-llm"))
  }

  @Test("a runtime changes nothing on a CPU that it has no figures for")
  func cpu() throws {
    #expect(try Self.tokensPerSecond("eager", device: "cpu-server") == Self.tokensPerSecond(nil, device: "cpu-server"))
  }

  @Test(
    "a runtime that cannot be is refused at its line",
    arguments: [
      ("vlm", "h100-sxm", "scenario.yaml:4: runtime: unknown runtime \"vlm\": did you mean \"vllm\"?"),
      ("vllm", "raspberry-pi-5", "scenario.yaml:4: runtime: vllm runs on a GPU, and raspberry-pi-5 computes on"),
      ("no/such.yaml", "h100-sxm", "scenario.yaml:4: runtime: no/such.yaml cannot be read"),
      ("[vllm]", "h100-sxm", "scenario.yaml:4: runtime: expected the name of a runtime"),
    ])
  func mistakes(runtime: String, device: String, beginning: String) {
    let error = #expect(throws: DocumentError.self) { try Self.scenario(runtime, device: device) }
    #expect(error?.description.hasPrefix(beginning) == true, "\(error.map { "\($0)" } ?? "")")
  }
}
