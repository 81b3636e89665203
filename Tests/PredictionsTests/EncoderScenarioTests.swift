import Foundation
import Models
import TestSupport
import Testing
import Uniference

@testable import Predictions

/// Scenarios of encoders, without weights.
@Suite struct EncoderScenarioTests {
  static let config = """
    {"model_type": "bert", "hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6, "vocab_size": 30522,
     "num_attention_heads": 12, "max_position_embeddings": 512, "hidden_act": "gelu"}
    """

  static func scenario(
    _ fields: String, config: String = EncoderScenarioTests.config, overrides: [String] = []
  ) throws -> Scenario {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write(config, to: "model.json")
    let text = """
      cluster:
        devices: [{name: jetson, count: 4, model: jetson-orin-nano}]
        network: {link: {bandwidth: 1 Gbps}}
      model: model.json

      """
    let path = try folder.write(text + fields, to: "scenario.yaml")
    let parsed = try overrides.map { try DocumentOverride(parsing: $0) }
    let scenario = try Scenario(contentsOf: path, overrides: parsed)
    #expect(scenario.workload is EncoderTask)
    return scenario
  }

  static func run(_ scenario: Scenario) throws -> [Prediction] {
    try scenario.strategiesToTry.map { strategy in
      try Experiment(
        modelName: scenario.modelName, workload: scenario.workload, strategy: strategy, cluster: scenario.cluster
      ).predict()
    }
  }

  @Test("a sentence encoder under every strategy")
  func aSentenceEncoderUnderEveryStrategy() throws {
    let scenario = try Self.scenario("workload: {batch: 2, length: 64}", overrides: ["dtype=float16"])
    #expect(scenario.strategiesToTry.map(\.description) == ["single", "tensor=4", "sequence=4", "sequence=4,overlap"])
    #expect(scenario.workload.missingForValues != nil)

    let predictions = try Self.run(scenario)

    // Activations of one all-reduce: a ring of four sends 2 · 3 / 4 of them from each device. There is one after the
    // embedding and two in each of six layers.
    let sent = predictions.map { Int($0[.bytesSent] ?? -1) }
    let activations = 2 * 64 * 384 * 2
    #expect(sent[0] == 0)
    #expect(sent[1] == 13 * 4 * activations * 2 * 3 / 4)
    // An all-gather after each layer: everybody's quarter travels three times.
    #expect(sent[2] == 6 * 3 * activations)
    #expect(sent[3] == sent[2])
    for prediction in predictions {
      #expect(prediction.fits && prediction.output == nil)
      #expect(prediction[.embeddingsPerSecond] == prediction[.latency].map { 2 / $0 })
    }
    #expect((predictions[3][.latency] ?? 1) < (predictions[2][.latency] ?? 0))
  }

  @Test("two towers of the published size")
  func twoTowersOfThePublishedSize() throws {
    let scenario = try Scenario(contentsOf: "\(ScenarioFileTests.examples)/clip.yaml")
    guard case .imagesAndTexts(let model, let workload, nil) = scenario.workload as? EncoderTask else {
      Issue.record("\(scenario.workload) is not for two towers")
      return
    }
    #expect(model.parameterCount == 151_277_313)
    #expect(try workload == CLIPWorkload(imageCount: 16, textCount: 16, textLength: 77))

    let predictions = try Self.run(scenario)

    #expect(predictions.map(\.strategy) == ["single", "towers"])
    // Each device sends 16 embeddings of 512 halves to the other one.
    #expect(predictions[1][.bytesSent] == Double(2 * 16 * 512 * 2))
    #expect((predictions[1][.latency] ?? 1) < (predictions[0][.latency] ?? 0))
    // Each tower's weights are on one device only.
    #expect(predictions[1].peak_memory_bytes[0] > 2 * model.visionParameterCount)
    #expect(predictions[1].peak_memory_bytes[0] < predictions[0].peak_memory_bytes[0])
  }

  @Test("unequal devices get unequal shares")
  func unequalDevicesGetUnequalShares() throws {
    let even = try Self.scenario("strategy: sequence=4\nworkload: {length: 64}")
    let uneven = try Self.scenario(
      "strategy: sequence=4\nworkload: {length: 64}", overrides: ["devices[0].count=4", "devices[0].speed=50%"])
    let speeds = Experiment(
      modelName: "", workload: even.workload, strategy: .single, cluster: even.cluster
    ).relativeSpeeds
    #expect(Set(speeds).count == 1)
    #expect(try Self.run(uneven)[0][.latency] ?? 0 > Self.run(even)[0][.latency] ?? 1)
  }

  @Test(
    "mistakes are named",
    arguments: [
      ("workload: {length: 513}", "length = 513, at most max_position_embeddings = 512"),
      ("workload: {prompt: 5}", "unknown field \"prompt\""),
      ("strategy: pipeline=2", "is not for sentence encoders; use single, tensor=N, sequence=N or sequence=N,overlap"),
      ("strategy: tensor=5", "needs 5 devices, the cluster has 4"),
      ("strategy: sequence=4\nworkload: {length: 3}", "sequence = 4 > length = 3"),
      ("texts: hello", "texts need weights"),
      ("prompt: hello", "unknown field \"prompt\""),
      ("weights: nowhere", "nowhere is not there"),
      ("dtype: float17", "unknown dtype \"float17\""),
    ])
  func mistakesAreNamed(fields: String, problem: String) throws {
    let error = #expect(throws: DocumentError.self) { try Self.scenario(fields) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test(
    "configurations are checked",
    arguments: [
      (
        ("\"num_attention_heads\": 12", "\"num_attention_heads\": 7"), "hidden_size % num_attention_heads = 384 % 7 = 6"
      ),
      (("\"gelu\"", "\"relu6\""), "hidden_act = \"relu6\": is not modelled"),
      (("\"vocab_size\": 30522", "\"vocab_size\": 0"), "vocab_size = 0: it must be a positive integer"),
    ])
  func configurationsAreChecked(change: (String, String), problem: String) throws {
    let error = #expect(throws: DocumentError.self) {
      try Self.scenario("", config: Self.config.replacingOccurrences(of: change.0, with: change.1))
    }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }
}
