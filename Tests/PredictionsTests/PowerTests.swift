import Testing
import Uniference

@testable import Predictions

@Suite("Energy of a predicted run")
struct PowerTests {
  /// Generation on two GPUs that wait for each other in NCCL.
  private static func prediction(memoryBound: Double, polling: Double) throws -> (energy: Double, seconds: Double) {
    let scenario = try Scenario(
      yaml: """
        cluster:
          devices:
            - {count: 2, model: a100-sxm-80gb, idle_power: 100 W, busy_power: 400 W, network_energy_per_byte: 0 J/B,
               memory_bound_power: \(memoryBound), polling_power: \(polling)}
          network:
            {topology: nodes, devices_per_node: 2, transport: nccl,
             inside: {bandwidth: 300 GB/s, latency: 1 us}, link: {bandwidth: 400 Gbps, latency: 2 us}}
        model: smollm2-135m
        dtype: bfloat16
        runtime: cuda-graphs
        strategy: pipeline=2
        workload: {prompt: 64, generate: 8}
        """)
    let prediction = try Experiment(
      modelName: scenario.modelName, workload: scenario.workload, strategy: #require(scenario.strategiesToTry.first),
      cluster: scenario.cluster
    ).predict()
    return (try #require(prediction[.energy]), try #require(prediction[.totalTime]))
  }

  @Test("memory-bound kernels and polling draw their shares between idle and busy")
  func shares() throws {
    let full = try Self.prediction(memoryBound: 1, polling: 1)
    let least = try Self.prediction(memoryBound: 0, polling: 0)
    let memory = try Self.prediction(memoryBound: 1, polling: 0)
    let polling = try Self.prediction(memoryBound: 0, polling: 1)
    // At the full share of both, nothing draws less than the limit.
    #expect(abs(full.energy / (2 * 400 * full.seconds) - 1) < 1e-6)
    #expect(least.energy > 2 * 100 * least.seconds)
    // Decoding is bound by memory, and each stage of the pipeline waits for the other half of the time.
    #expect(memory.energy - least.energy > 0.3 * (full.energy - least.energy))
    #expect(polling.energy - least.energy > 0.3 * (full.energy - least.energy))
    #expect(abs(memory.energy + polling.energy - least.energy - full.energy) < 1e-6 * full.energy)
    let half = try Self.prediction(memoryBound: 0.5, polling: 0.5)
    #expect(abs(half.energy - (full.energy + least.energy) / 2) < 1e-6 * full.energy)
    #expect(Set([full, least, memory, polling, half].map(\.seconds)).count == 1)
  }
}
