import Foundation
import Models
import Network
import Quantities
import TestSupport
import Testing
import Uniference

@testable import Predictions

@Suite struct ScenarioFileTests {
  static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples").path

  static func example(_ name: String, _ overrides: String...) throws -> Scenario {
    try Scenario(contentsOf: "\(examples)/\(name)", overrides: overrides.map { try DocumentOverride(parsing: $0) })
  }

  static func generation(_ scenario: Scenario) throws -> TextGeneration {
    try #require(scenario.workload as? TextGeneration)
  }

  @Test(
    "every example loads",
    arguments: try! FileManager.default.contentsOfDirectory(atPath: examples).filter { $0.hasPrefix("llama") })
  func everyExampleLoads(file: String) throws {
    let scenario = try Self.example(file)
    #expect(scenario.strategiesToTry.allSatisfy { $0.deviceCount <= scenario.cluster.devices.count })
    #expect(!scenario.strategiesToTry.isEmpty)
    #expect(try scenario.cluster.makeTopology().hostCount == scenario.cluster.devices.count)
  }

  @Test("the scenario of the quickstart")
  func theScenarioOfTheQuickstart() throws {
    let scenario = try Self.example("llama-on-jetsons.yaml")
    #expect(scenario.name == "llama-on-jetsons")
    #expect(scenario.cluster.name == "four-jetsons")
    #expect(try Self.generation(scenario).model.name == "llama-3.1-8b")
    #expect(scenario.strategies == .candidates)
    #expect(try Self.generation(scenario).shape == LlamaWorkload(promptLength: 128, generatedTokenCount: 128))
    #expect(scenario.seed == 0)
    #expect(
      scenario.documents.map(\.path).map { ($0 as NSString).lastPathComponent } == [
        "llama-on-jetsons.yaml", "four-jetsons.yaml",
      ])
  }

  @Test(
    "overrides reach into the cluster file",
    arguments: ["network.link.bandwidth=100 Mbps", "cluster.network.link.bandwidth=100 Mbps"])
  func overridesReachIntoTheClusterFile(override: String) throws {
    let scenario = try Self.example("llama-on-jetsons.yaml", override)
    #expect(try scenario.cluster.makeTopology().links[0].bytesPerSecond == 12.5e6)
    #expect(scenario.overrides.map(\.written) == [String(override.prefix { $0 != "=" })])
  }

  @Test("overrides of an inline cluster")
  func overridesOfAnInlineCluster() throws {
    let scenario = try Self.example(
      "llama-8b-on-8-h100.yaml", "devices[0].count=4", "cluster.network.transport=gloo-tcp", "strategy=tensor=4",
      "workload.batch=2", "seed=7", "dtype=float16", "name=mine", "devices.0.speed=50%")
    #expect(scenario.cluster.devices.count == 4)
    #expect(scenario.cluster.devices[3].speed.scale == 0.5)
    #expect(scenario.cluster.transport == .glooTCP)
    #expect(scenario.strategies == .listed([.tensor(4)]))
    #expect(try Self.generation(scenario).shape.batchSize == 2)
    #expect(scenario.seed == 7)
    #expect(try Self.generation(scenario).model.elementType == .float16)
    #expect(scenario.name == "mine")
  }

  @Test("quantization, the KV cache's type and the messages' format")
  func quantization() throws {
    let quantized = try Self.example("llama-on-jetsons.yaml", "quantization=Q4_K_M", "kv_cache_dtype=float16")
    let model = try Self.generation(quantized).model
    #expect(model.quantization?.name == "Q4_K_M")
    #expect(model.cacheElementType == .float16)
    #expect(model.elementType == .bfloat16)
    #expect(model.sumFormat == nil)
    let asDistributedLlama = try Self.example("llama-on-jetsons.yaml", "quantization=q40", "dtype=float32")
    #expect(try Self.generation(asDistributedLlama).model.sumFormat == .ggml(.q8_0))
    let plain = try Self.example("llama-on-jetsons.yaml", "quantization=q40", "buffer_float_type=f32")
    #expect(try Self.generation(plain).model.sumFormat == nil)
  }

  @Test("lists of strategies")
  func listsOfStrategies() throws {
    let scenario = try Self.example("llama-on-jetsons.yaml", "strategy=[single, \"tensor=2,pipeline=2\", tensor=4]")
    #expect(
      scenario.strategiesToTry == [.single, .grid(tensor: 2, pipeline: 2, microbatches: 1), .tensor(4)])
  }

  @Test("models of files")
  func modelsOfFiles() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let config = """
      {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
       "num_attention_heads": 4, "vocab_size": 100}
      """
    try folder.write(config, to: "config.json")
    let path = try folder.write("{cluster: {devices: [{model: mac-m1}]}, model: config.json}", to: "scenario.yaml")
    let scenario = try Scenario(contentsOf: path)
    #expect(try Self.generation(scenario).model.hiddenSize == 64)
    #expect(scenario.documents.last == DocumentText(path: folder.path(of: "config.json"), text: config))
  }

  static let refusals: [(overrides: [String], message: String)] = [
    (
      ["network.link.bandwidth=1 GBPS"],
      "--set network.link.bandwidth: \"1 GBPS\" is not a bandwidth: unknown unit \"GBPS\" (did you mean \"GBps\"?); "
        + "write a number and one of bps, kbps, Mbps, Gbps, Tbps, B/s, kB/s, MB/s, GB/s, TB/s, KiB/s, MiB/s, GiB/s, "
        + "TiB/s"
    ),
    (
      ["network.lnk.bandwidth=1 Gbps"],
      "--set network.lnk.bandwidth: network.lnk: unknown field \"lnk\": did you mean \"link\"? Allowed: topology, "
        + "link, transport, collectives, changes, duplex, links"
    ),
    (
      ["cluster.network.link.delay=1 s"],
      "--set cluster.network.link.delay: unknown field \"delay\"; allowed: bandwidth, latency, jitter, loss, burst, "
        + "packet"
    ),
    (
      ["netwrk.link.bandwidth=1 Gbps"],
      "--set netwrk.link.bandwidth: unknown field \"netwrk\": did you mean \"network\"? Allowed: name, cluster, "
        + "model, weights, dtype, quantization, kv_cache_dtype, buffer_float_type, runtime, prompt, strategy, "
        + "placement, serving, workload, objective, seed, texts, inputs, devices, network, failures"
    ),
    (
      ["devices[3].count=2"],
      "--set devices[3].count: devices is a list of 1, which has no \"3\"; write a position from 0 to 0"
    ),
    (
      ["network.topology.kind=ring"],
      "--set network.topology.kind: network.topology is \"switch\", which has no field \"kind\"; set network.topology "
        + "as a whole"
    ),
    (
      ["quantization=q4_k_n"],
      "--set quantization: unknown quantization \"q4_k_n\": did you mean \"q4_k_s\"? Allowed: "
        + Quantization.names.joined(separator: ", ")
    ),
    (
      ["quantization=nvfp4"],
      "--set quantization: nvfp4 computes in float4, which jetson-0 (jetson-orin-nano) cannot; use fp8-weight-only, "
        + "nvfp4-weight-only, int8, int4 or q4_k_m, or devices with peak_float4: rtx-5090, b200, gb200"
    ),
    (
      ["kv_cache_dtype=int4"],
      "--set kv_cache_dtype: unknown dtype \"int4\": did you mean \"int8\"? Allowed: float32, "
        + "float16, bfloat16, float8, int8"
    ),
    (
      ["buffer_float_type=q40"],
      "--set buffer_float_type: unknown buffer_float_type \"q40\": did you mean \"q80\"? Allowed: f32, q80"
    ),
    (
      ["model=llama-3.1-8B"],
      "--set model: unknown model \"llama-3.1-8B\": did you mean \"llama-3.1-8b\"? "
        + "(uniference models lists all; the path of a config.json is another way)"
    ),
    (["model=no/config.json"], "--set model: no/config.json cannot be read: No such file or directory"),
    (["cluster=none.yaml"], "--set cluster: none.yaml cannot be read: No such file or directory"),
    (["strategy=tensor=8"], "--set strategy: \"tensor=8\": needs 8 devices, the cluster has 4"),
    (
      ["strategy=tensr=4"],
      "--set strategy: \"tensr=4\": \"tensr\" is unknown; allowed: single, tensor=N, pipeline=N, tensor=N,pipeline=N, "
        + "each pipeline also with ,microbatches=N, sequence=N, sequence=N,overlap, towers"
    ),
    (["strategy=[]"], "--set strategy: the list is empty; leave strategy out to try all that fit"),
    (["strategy=["], "--set strategy: not YAML: while parsing a flow node, did not find expected node content"),
    (["workload.prompt=0"], "--set workload.prompt: \"0\" is not allowed: write a whole number from 1 to 10000000"),
    (
      ["workload.prompt=131072"],
      "EXAMPLES/llama-on-jetsons.yaml:5: workload: prompt_length + generated_tokens = 131072 + 128 = 131200, at most "
        + "max_position_embeddings = 131072 in llama-3.1-8b"
    ),
    (["seed=-1"], "--set seed: \"-1\" is not allowed: write a whole number from 0 to 18446744073709551615"),
    (
      ["dtype=float17"],
      "--set dtype: unknown dtype \"float17\": did you mean \"float16\"? Allowed: float32, float16, "
        + "bfloat16, float8, float64"
    ),
    (
      ["cluster="],
      "EXAMPLES/llama-on-jetsons.yaml:2: cluster: is missing; write for example cluster: four-jetsons.yaml"
    ),
  ]

  @Test("wrong overrides are refused", arguments: refusals) func wrongOverridesAreRefused(
    overrides: [String], message: String
  ) throws {
    let error = try #require(throws: DocumentError.self) {
      try Scenario(
        contentsOf: "\(Self.examples)/llama-on-jetsons.yaml",
        overrides: overrides.map { try DocumentOverride(parsing: $0) })
    }
    #expect(error.description.replacing(Self.examples, with: "EXAMPLES") == message)
  }

  @Test(
    "a placement names a device for each part of every strategy",
    arguments: [
      ("[agx, nano]", "pipeline=2", nil),
      ("[agx, nano]", "[pipeline=2, tensor=4]", "it names 2 devices, but tensor=4 has 4 parts"),
      ("[agx, nanno]", "pipeline=2", #"unknown device "nanno": did you mean "nano"?"#),
      ("[agx, agx]", "pipeline=2", "\"agx\" is given twice"),
    ] as [(String, String, String?)])
  func aPlacementNamesDevices(placement: String, strategy: String, problem: String?) throws {
    let text = """
      cluster: {devices: [{name: nano, model: jetson-orin-nano}, {name: agx, count: 1, model: jetson-agx-orin},
        {name: pi, count: 2, model: raspberry-pi-5}], network: {link: {bandwidth: 1 Gbps}}}
      model: tinyllama-1.1b
      workload: {prompt: 4, generate: 1}
      strategy: \(strategy)
      placement: \(placement)
      """
    guard let problem else {
      let scenario = try Scenario(yaml: text)
      #expect(scenario.placement == [1, 0])
      var settings = RunSettings()
      settings.writesRecords = false
      let comparison = try ScenarioRunner(scenario: scenario, settings: settings).run(scenario.strategiesToTry)
      #expect(comparison.predictions.map(\.runs_on) == [["agx", "nano"]])
      return
    }
    let error = try #require(throws: DocumentError.self) { try Scenario(yaml: text) }
    #expect("\(error)".contains(problem), "\(error)")
  }

  @Test("random overrides", arguments: 0..<400) func randomOverrides(seed: UInt64) throws {
    var random = Mutations.Random(seed: seed)
    let parts = [
      "cluster", "network", "link", "bandwidth", "devices", "0", "[0]", "-1", "1e9", "name", "count", "topology",
      "transport", "send", "strategy", "workload", "prompt", "changes", "links", "failures", "model", "é",
    ]
    let values = [
      "", "0", "-1", "1 Gbps", "[", "[[1]]", "{a: b}", "all", "null", "switch", "graph", "9223372036854775807", "~",
      "{bandwidth: 1 Gbps}", "[{model: mac-m1, count: 3}]", "\"", "single", "tensor=2", "\n",
    ]
    let texts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in parts.randomElement(using: &random)! }
      let text = path.joined(separator: ".").replacing(".[", with: "[")
      return "\(text)=\(values.randomElement(using: &random)!)"
    }
    do throws(DocumentError) {
      let overrides = try texts.map { (text) throws(DocumentError) in try DocumentOverride(parsing: text) }
      _ = try Scenario(contentsOf: "\(Self.examples)/llama-8b-on-8-h100.yaml", overrides: overrides)
    } catch {
      #expect(!error.description.contains("\n"), "seed \(seed)")
      #expect(error.description.hasPrefix("--set ") || error.description.contains(".yaml:"), "seed \(seed): \(error)")
    }
  }
}
