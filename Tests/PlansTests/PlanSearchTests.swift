import Foundation
import Predictions
import Quantities
import SimulationKernel
import TestSupport
import Testing

@testable import Plans

/// A search that leaves candidates out against one that simulates them all.
@Suite struct PlanSearchTests {
  private static let model = """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 128, \
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 256, \
    "max_position_embeddings": 512, "torch_dtype": "float16", "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
    """

  @Test("the best plan, the next one and the front are those of simulating everything, in 200 random cases")
  func leavingOutChangesNothing() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = try folder.write(Self.model, to: "tiny.json")
    var (simulated, candidates) = (0, 0)
    for seed in 0..<200 {
      var random = RandomStream(seed: UInt64(seed), stream: 0x504C_414E)
      let text = Self.request(&random, model: path)
      let request = try PlanRequest(yaml: text)
      var everything = try PlanSearch(request)
      everything.prunes = false
      let reference = try everything.run { _, _ in }
      let outcome = try PlanSearch(request).run { _, _ in }
      let comment: Comment = "seed \(seed): \(text)"
      for plan in reference.simulated where plan.prediction.fits {
        #expect(!plan.candidate.bounds.exceedsMemory, comment)
        for (metric, bound) in plan.candidate.bounds.best {
          let value = try #require(plan.prediction[metric])
          let isKept = metric.merit(of: value) <= metric.merit(of: bound) + 1e-9 * abs(bound)
          #expect(isKept, "seed \(seed): \(plan.name): \(metric.name) \(value), bound \(bound)")
        }
      }
      let goal = request.goal
      #expect(outcome.best?.prediction[goal] == reference.best?.prediction[goal], comment)
      #expect(outcome.runnerUp?.prediction[goal] == reference.runnerUp?.prediction[goal], comment)
      #expect(Self.figures(outcome) == Self.figures(reference), comment)
      #expect((outcome.miss == nil) == (outcome.best != nil), comment)
      (simulated, candidates) = (simulated + outcome.counts.simulated, candidates + outcome.counts.candidates)
    }
    #expect(simulated < candidates * 3 / 4, "\(simulated) of \(candidates) were simulated")
  }

  /// The figures of the Pareto front.
  private static func figures(_ outcome: PlanOutcome) -> [[Double]] {
    outcome.front.map { plan in outcome.objectives.map { plan.prediction[$0] ?? -1 } }
  }

  private static func request(_ random: inout RandomStream, model: String) -> String {
    func pick(_ choices: [String]) -> String { choices[Int(random.nextUnit() * Double(choices.count))] }
    let devices = (0..<2 + Int(random.nextUnit() * 2)).map { number in
      """
        - {name: d\(number), model: \(pick(["jetson-orin-nano", "raspberry-pi-5"])), \
      memory_bandwidth: \(pick(["10 MB/s", "30 MB/s", "100 MB/s"])), speed: \(pick(["0.5", "1", "2"])), \
      launch_overhead: \(pick(["0 s", "1 us"])), peak_float16: \(pick(["100 MFLOPS", "1 GFLOPS"])), \
      memory: \(pick(["200 kB", "1 MB", "4 GB"])), reserved_memory: 0 B}
      """
    }
    return """
      cluster:
        devices:
      \(devices.map { "  \($0)" }.joined(separator: "\n"))
        network:
          topology: \(pick(["switch", "wifi", "mesh", "line"]))
          link: {bandwidth: \(pick(["1 Mbps", "100 Mbps"])), latency: \(pick(["0 s", "1 ms", "10 ms"]))}
          transport: \(pick(["ideal", "gloo-tcp"]))
      model: \(model)
      workload: {prompt: \(pick(["2", "16"])), generate: \(pick(["1", "2", "8"]))}
      goal: \(pick(["tokens_per_second", "time_to_first_token", "energy_per_token", "total_s"]))
      limits: \(pick(["{}", "{devices: 2}", "{time_to_first_token: 5 ms}", "{power: 20 W, energy_per_token: 1 J}"]))
      search: {batch: \(pick(["[1]", "[1, 2]"])), leave_out: \(pick(["all", "none", "[d0]"]))}
      """
  }
}
