import Uniference

/// Something to be measured. Each repetition runs in a process of its own, so that none inherits another's memory.
struct Benchmark: Sendable {
  let name: String
  let measure: @Sendable () throws -> Measurement

  /// - Parameter examples: the folder of the package's examples.
  static func all(examples: String) -> [Benchmark] {
    let rings = [64, 256, 1024, 16_384, 100_000].map { ranks in
      Benchmark(name: "ring-\(ranks)") { try Ring(ranks: ranks).measure() }
    }
    let predictions = [
      ("llama-8b-tensor-8", "llama-8b-on-8-h100.yaml"), ("llama-70b-tensor-64", "llama-70b-on-64-h100.yaml"),
    ].flatMap { name, file in
      [false, true].map { playsEveryMessage in
        Benchmark(name: name + (playsEveryMessage ? "-every-message" : "")) {
          try Prediction(scenario: "\(examples)/\(file)", playsEveryMessage: playsEveryMessage).measure()
        }
      }
    }
    return rings + [
      Benchmark(name: "all-to-all-pairwise-256") { try AllToAll(algorithm: .pairwise, isStaggered: true).measure() },
      Benchmark(name: "all-to-all-flat-256") { try AllToAll(algorithm: .flat, isStaggered: false).measure() },
      Benchmark(name: "fat-tree-1024") { try FatTreePermutations().measure() },
      Benchmark(name: "all-reduce-fat-tree-4096") { try AllReduceOnFatTree().measure() },
    ] + predictions + [
      Benchmark(name: "llama-405b-tensor-8-pipeline-126") {
        try Prediction(scenario: "\(examples)/llama-405b-on-1024-h100.yaml").measure()
      }
    ]
  }
}
