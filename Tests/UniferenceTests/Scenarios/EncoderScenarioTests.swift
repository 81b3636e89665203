import Foundation
import Models
import Testing

@testable import Uniference

/// Scenarios of encoders, without weights.
@Suite struct EncoderScenarioTests {
  static let config = """
    {"model_type": "bert", "hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 6, "vocab_size": 30522,
     "num_attention_heads": 12, "max_position_embeddings": 512, "hidden_act": "gelu"}
    """

  static func scenario(
    _ fields: String, config: String = EncoderScenarioTests.config, overrides: [String] = []
  ) throws -> EncoderScenario {
    let folder = FileManager.default.temporaryDirectory.appending(path: "uniference-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try config.write(toFile: "\(folder)/model.json", atomically: true, encoding: .utf8)
    let text = """
      cluster:
        devices: [{name: jetson, count: 4, model: jetson-orin-nano}]
        network: {link: {bandwidth: 1 Gbps}}
      model: model.json

      """
    try (text + fields).write(toFile: "\(folder)/scenario.yaml", atomically: true, encoding: .utf8)
    let parsed = try overrides.map { try DocumentOverride(parsing: $0) }
    guard case .encoding(let scenario) = try AnyScenario(contentsOf: "\(folder)/scenario.yaml", overrides: parsed)
    else { throw NotAnEncoder() }
    return scenario
  }

  struct NotAnEncoder: Error {}

  static func run(_ scenario: EncoderScenario) throws -> [EncoderPrediction] {
    try scenario.strategiesToTry.map { strategy in
      try EncoderExperiment(
        modelName: scenario.modelName, task: scenario.task, strategy: strategy, cluster: scenario.cluster
      ).predict()
    }
  }

  @Test func aSentenceEncoderUnderEveryStrategy() throws {
    let scenario = try Self.scenario("workload: {batch: 2, length: 64}", overrides: ["dtype=float16"])
    #expect(scenario.strategiesToTry.map(\.description) == ["single", "tensor=4", "sequence=4", "sequence=4,overlap"])
    #expect(!scenario.task.hasInput)

    let predictions = try Self.run(scenario)

    // Activations of one all-reduce: a ring of four sends 2 · 3 / 4 of them from each device. There is one after the
    // embedding and two in each of six layers.
    let activations = 2 * 64 * 384 * 2
    #expect(predictions[0].bytes_sent == 0)
    #expect(predictions[1].bytes_sent == 13 * 4 * activations * 2 * 3 / 4)
    // An all-gather after each layer: everybody's quarter travels three times.
    #expect(predictions[2].bytes_sent == 6 * 3 * activations)
    #expect(predictions[3].bytes_sent == predictions[2].bytes_sent)
    for prediction in predictions {
      #expect(prediction.fits && prediction.embeddings == nil)
      #expect(prediction.embeddings_per_second == prediction.latency_s.map { 2 / $0 })
    }
    #expect((predictions[3].latency_s ?? 1) < (predictions[2].latency_s ?? 0))
  }

  @Test func twoTowersOfThePublishedSize() throws {
    guard case .encoding(let scenario) = try AnyScenario(contentsOf: "\(ScenarioFileTests.examples)/clip.yaml"),
      case .imagesAndTexts(let model, let workload, nil) = scenario.task
    else { throw NotAnEncoder() }
    #expect(model.parameterCount == 151_277_313)
    #expect(try workload == CLIPWorkload(imageCount: 16, textCount: 16, textLength: 77))

    let predictions = try Self.run(scenario)

    #expect(predictions.map(\.strategy) == ["single", "towers"])
    // Each device sends 16 embeddings of 512 halves to the other one.
    #expect(predictions[1].bytes_sent == 2 * 16 * 512 * 2)
    #expect((predictions[1].latency_s ?? 1) < (predictions[0].latency_s ?? 0))
    // Each tower's weights are on one device only.
    #expect(predictions[1].peak_memory_bytes[0] > 2 * model.visionParameterCount)
    #expect(predictions[1].peak_memory_bytes[0] < predictions[0].peak_memory_bytes[0])
  }

  @Test func unequalDevicesGetUnequalShares() throws {
    let even = try Self.scenario("strategy: sequence=4\nworkload: {length: 64}")
    let uneven = try Self.scenario(
      "strategy: sequence=4\nworkload: {length: 64}", overrides: ["devices[0].count=4", "devices[0].speed=50%"])
    let speeds = EncoderExperiment(
      modelName: "", task: even.task, strategy: .single, cluster: even.cluster
    ).relativeSpeeds
    #expect(Set(speeds).count == 1)
    #expect(try Self.run(uneven)[0].latency_s ?? 0 > Self.run(even)[0].latency_s ?? 1)
  }

  @Test(arguments: [
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

  @Test(arguments: [
    (("\"num_attention_heads\": 12", "\"num_attention_heads\": 7"), "hidden_size % num_attention_heads = 384 % 7 = 6"),
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
