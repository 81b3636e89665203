import Documents
import Models
import Quantities
import Serving
import Uniference

extension ServingTask {
  /// Reads the fields of a scenario that has `serving`.
  ///
  /// - Parameters:
  ///   - serving: the field's value.
  ///   - weights: where the field `weights` leads.
  ///   - documents: receives the text of every file read.
  init(
    _ serving: DocumentValue, of scenario: DocumentFields, weights: String?, documents: inout [DocumentText]
  ) throws(DocumentError) {
    let (model, text) = try TextGeneration.modelAndText(scenario, weights: weights, documents: &documents)
    if text != nil, let value = scenario["prompt"] {
      throw value.error("serving is computed from shapes; leave the text out, and give workload.prompt, a length")
    }
    let load = try RequestLoad(
      scenario.required("workload", example: "{arrivals: {poisson: 4 /s}, requests: 1000, prompt: 900, generate: 256}"))
    do throws(WorkloadError) { try self.init(model: model, load: load) } catch {
      throw serving.error(error.rule)
    }
    let fields = try DocumentFields(
      serving, of: "a serving's fields", allowed: ["replicas", "router", "scheduler", "memory", "expert_parallel"])
    replicaCount = try fields["replicas"]?.integer(in: 1...100_000) ?? 1
    router = try fields["router"]?.choice("router", of: Router.Policy.self) ?? .leastLoaded
    memoryShare = try fields["memory"]?.ratio(.positiveFraction) ?? 0.9
    if let value = fields["expert_parallel"] {
      let count = try value.integer(in: 1...100_000)
      guard let experts = model.variant.experts else {
        throw value.error("\(model.name) has no experts; leave the field out")
      }
      guard experts.count.isMultiple(of: count) else {
        throw value.error(
          "experts % expert_parallel = \(experts.count) % \(count) = \(experts.count % count), must be 0")
      }
      generation.model.expertParallelism = count
    }
    if let value = fields["scheduler"] { settings = try SchedulerSettings(value) }
    objective = try scenario["objective"].map { (value) throws(DocumentError) in try ServingObjective(value) }
  }
}

extension SchedulerSettings {
  /// Reads the field `scheduler`: a policy, or its settings.
  fileprivate init(_ value: DocumentValue) throws(DocumentError) {
    if case .scalar = value.content {
      self.init(try value.choice("policy", of: Policy.self))
      return
    }
    let fields = try DocumentFields(
      value, of: "a scheduler's fields",
      allowed: [
        "policy", "max_batched_tokens", "max_sequences", "chunked_prefill", "block", "prefix_cache", "watermark",
        "max_length", "late_results", "receive_interval", "captured_tokens",
      ])
    self.init(try fields["policy"]?.choice("policy", of: Policy.self) ?? .vllm)
    maximumBatchedTokens = try fields["max_batched_tokens"]?.integer(in: 1...1_000_000) ?? maximumBatchedTokens
    maximumSequences = try fields["max_sequences"]?.integer(in: 1...100_000) ?? maximumSequences
    chunksPrompts = try fields["chunked_prefill"]?.boolean() ?? chunksPrompts
    blockSize = try fields["block"]?.integer(in: 1...8192) ?? blockSize
    cachesPrefixes = try fields["prefix_cache"]?.boolean() ?? cachesPrefixes
    watermark = try fields["watermark"]?.ratio(.fraction) ?? watermark
    reportsLate = try fields["late_results"]?.boolean() ?? reportsLate
    receiveInterval = try fields["receive_interval"]?.integer(in: 1...100_000) ?? receiveInterval
    capturedTokens = try fields["captured_tokens"]?.integer(in: 0...1_000_000) ?? capturedTokens
    maximumLength = try fields["max_length"]?.integer(in: 2...LengthDistribution.longest)
  }
}

extension ServingObjective {
  /// Reads the field `objective`.
  fileprivate init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(
      value, of: "an objective's fields",
      allowed: ["time_to_first_token", "time_per_output_token", "latency", "percentile"])
    func seconds(_ name: String) throws(DocumentError) -> Double? {
      try fields[name]?.quantity(Duration.self, .positive).inSeconds
    }
    self.init(
      timeToFirstToken: try seconds("time_to_first_token"), timePerOutputToken: try seconds("time_per_output_token"),
      latency: try seconds("latency"))
    guard timeToFirstToken != nil || timePerOutputToken != nil || latency != nil else {
      throw value.error("there is no limit; write for example time_to_first_token: 500 ms")
    }
    if let percentile = fields["percentile"] {
      let text = try percentile.text("a percentile such as 99")
      guard let number = Double(text), number > 0, number < 100 else {
        throw percentile.error("\(percentile.shown) is not allowed: write a number between 0 and 100")
      }
      share = number / 100
    }
  }
}
