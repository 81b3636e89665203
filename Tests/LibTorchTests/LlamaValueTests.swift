import Foundation
import LibTorch
import Models
import Synchronization
import TestSupport
import Testing
import Uniference

/// A small Llama of random parameters, generating on simulated clusters.
extension TorchTests {
  @Suite("Llama with values")
  struct LlamaValueTests {
    static let strategies = [
      "tensor=3", "pipeline=2", "pipeline=3", "pipeline=5", "tensor=3,pipeline=2", "pipeline=2,microbatches=2",
      "sequence=2", "sequence=3", "sequence=4", "sequence=3,overlap",
    ]

    @Test("Every strategy generates what one device does", arguments: strategies)
    func sameTokens(strategy: String) throws {
      let expected = try generate("single")
      let outcome = try generate(strategy)
      #expect(outcome.tokens == expected.tokens)
      #expect(outcome.tokens.map(\.count) == [6, 6])
      for (step, reference) in expected.logits.enumerated() {
        let difference = zip(outcome.logits[step], reference).map { abs($0 - $1) }.max() ?? .infinity
        #expect(difference < 1e-4, "step \(step)")
      }
    }

    @Test(
      "A run with values costs, sends and holds what the run of its shapes does", arguments: strategies + ["single"])
    func sameRun(strategy: String) throws {
      let withValues = try simulate(strategy, values: true).report
      let shapes = try simulate(strategy, values: false).report
      #expect(withValues.event_log_sha256 == shapes.event_log_sha256)
      #expect(withValues.devices.map(\.peak_memory_bytes) == shapes.devices.map(\.peak_memory_bytes))
      #expect(withValues.devices.map(\.flops) == shapes.devices.map(\.flops))
    }

    @Test("Every rank does the same operations with values and without", arguments: strategies + ["single"])
    func sameOperations(strategy: String) throws {
      func run(values: Bool) throws -> AccountedRun {
        let (program, count) = try program(strategy, values: values)
        return try AccountedRun.of(count, values: values) { try await program.run(in: $0) }.run
      }
      try expectSameRuns(run(values: true), run(values: false))
    }

    @Test("Measured kernels are charged, and a recording of them gives the same run again without computing")
    func measuredAndRecorded() throws {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      let record = folder.path(of: "measured.run")
      let measured = try simulate("tensor=3", values: true) {
        $0.kernelTimes = .measured
        $0.recordPath = record
      }
      let recording = try OperationRecording(contentsOf: record)
      let replayed = try simulate("tensor=3", values: false) { $0.kernelTimes = .recorded(recording) }
      #expect(replayed.report.event_log_sha256 == measured.report.event_log_sha256)
      #expect(measured.report.devices.prefix(3).allSatisfy { $0.busy_s > 0 })
      let other = #expect(throws: RunFailure.self) {
        _ = try simulate("pipeline=2", values: false) { $0.kernelTimes = .recorded(recording) }
      }
      #expect(other?.description.contains("has no embedding rows=") == true)
    }

    @Test("Prompts that do not fit are refused with the numbers")
    func badPrompts() throws {
      let workload = try LlamaWorkload(batchSize: 1, promptLength: 2, generatedTokenCount: 1)
      for (prompts, problem) in [
        ([[1]], "prompt_length = 2, but prompt 0 has 1 tokens"), ([[1, 70]], "prompt 0 has token 70"),
        ([[1, 2], [3, 4]], "batch_size = 1, but there are 2 prompts"),
      ] {
        let error = #expect(throws: WorkloadError.self) {
          let input = LlamaInput(parameters: SeededParameters(seed: 1), prompts: prompts)
          _ = try LlamaProgram(
            configuration: configuration(), strategy: .single, workload: workload, speeds: [1], input: input)
        }
        #expect(error?.description.contains(problem) == true)
      }
    }

    private func configuration() throws -> LlamaConfiguration {
      try LlamaConfiguration(
        name: "random", hiddenSize: 36, intermediateSize: 50, layerCount: 5, headCount: 9, keyValueHeadCount: 3,
        headSize: 4, vocabularySize: 64, maximumPositionCount: 64, tiesEmbeddings: true, hasQueryKeyValueBias: true,
        elementType: .float32)
    }

    private func generate(_ strategy: String) throws -> LlamaOutcome {
      try #require(simulate(strategy, values: true).outcome)
    }

    private func program(_ strategy: String, values: Bool) throws -> (program: LlamaProgram, deviceCount: Int) {
      let parsed = try ParallelStrategy(parsing: strategy)
      let prompts = [[3, 14, 15, 9, 26, 5, 35], [2, 7, 18, 28, 18, 28, 45]]
      let workload = try LlamaWorkload(batchSize: 2, promptLength: 7, generatedTokenCount: 6)
      let input = LlamaInput(parameters: SeededParameters(seed: 7), prompts: prompts, keepsLogits: true)
      let program = try LlamaProgram(
        configuration: configuration(), strategy: parsed, workload: workload,
        speeds: Array(repeating: 1, count: parsed.deviceCount), input: values ? input : nil)
      return (program, parsed.deviceCount)
    }

    private func simulate(
      _ strategy: String, values: Bool, _ change: (inout SimulationOptions) -> Void = { _ in }
    ) throws -> (report: SimulationReport, outcome: LlamaOutcome?) {
      let (program, count) = try program(strategy, values: values)
      let cluster = Cluster(
        name: "test", devices: .jetsonOrinNano, count: count,
        network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(100)))
      var options = SimulationOptions()
      if values { options.values = try ValueOptions(library: Torch.library.get()) }
      change(&options)
      let outcomes = Mutex<[LlamaOutcome]>([])
      let report = try World.simulate(cluster, options: options) { rank in
        let outcome = try await program.run(in: rank.modelContext)
        if outcome.timeToFirstToken != nil { outcomes.withLock { $0.append(outcome) } }
      }
      // Of tensor-parallel ranks all choose, and all choose alike.
      let found = outcomes.withLock { $0 }
      #expect(Set(found.map(\.tokens)).count == 1)
      return (report, found.first)
    }
  }
}
