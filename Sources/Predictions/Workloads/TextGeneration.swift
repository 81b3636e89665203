import Devices
import Models
import Quantities
import Tensors
import Uniference

/// A language model that continues prompts.
public struct TextGeneration: Workload {
  /// The model.
  public var model: LlamaConfiguration
  /// How long prompts are, how many tokens follow, and how many sequences there are.
  public var shape: LlamaWorkload
  /// Parameters and prompts, for runs with values.
  public var text: ScenarioText?
  /// Whether runs with values keep the logits that the first sequence's tokens were chosen by.
  public var keepsLogits = false

  /// - Parameter text: parameters and prompts, for runs with values.
  public init(model: LlamaConfiguration, shape: LlamaWorkload, text: ScenarioText? = nil) {
    self.model = model
    self.shape = shape
    self.text = text
  }

  /// `128 prompt tokens, 128 generated, batch 1`.
  public var summary: String {
    "\(shape.promptLength) prompt tokens, \(shape.generatedTokenCount) generated, batch \(shape.batchSize)"
  }

  /// What records call the program.
  public var programName: String { "llama" }

  /// What it measures.
  public var metrics: [Metric] {
    [
      .timeToFirstToken, .tokensPerSecond, .totalTime, .outputRate, .promptRate, .bytesSent, .bytesSentPerToken,
      .messages, .busyFraction, .energy, .energyPerToken,
    ]
  }

  /// What tables show.
  public var columns: [Metric] {
    [.timeToFirstToken, .tokensPerSecond, .bytesSentPerToken, .busyFraction, .energyPerToken]
  }

  /// Many tokens per second, then an early first token.
  public var ranking: [Metric] { [.tokensPerSecond, .timeToFirstToken] }

  /// Strategies that suit the model's heads and layers.
  public func candidates(deviceCount: Int) -> [ParallelStrategy] {
    ParallelStrategy.candidates(deviceCount: deviceCount, configuration: model, batchSize: shape.batchSize)
  }

  /// A pass of all prompts, then one for each generated token.
  public var passes: [ModelPass] {
    let bytes = Double(model.weightByteCount)
    func cost(ofTokens tokens: Int) -> OperationCost {
      OperationCost(flops: 2 * Double(model.parameterCount) * Double(tokens), bytesRead: bytes, bytesWritten: 0)
    }
    let operations = ModelPass.operationsOfLayer * model.layerCount
    return [
      ModelPass(cost: cost(ofTokens: shape.promptLength * shape.batchSize), operations: operations),
      ModelPass(cost: cost(ofTokens: shape.batchSize), operations: operations, count: shape.generatedTokenCount),
    ]
  }

  /// The type of weights and activations.
  public var elementType: ElementType { model.elementType }

  /// A run of shapes.
  public var withoutValues: TextGeneration { TextGeneration(model: model, shape: shape) }

  /// Weights and prompts.
  public var missingForValues: String? {
    if text == nil { return "weights and the text of a prompt; add the fields weights and prompt" }
    if model.keyValueType != nil { return "a KV cache of the model's type; leave the field kv_cache_dtype out" }
    return model.sumFormat == nil ? nil : "messages of the model's type; leave the field buffer_float_type out"
  }

  /// Arithmetic that the weights' format needs and a device has not.
  public func obstacle(on cluster: Cluster) -> String? {
    guard let quantization = model.quantization, let type = quantization.neededArithmetic else { return nil }
    for device in cluster.devices where device.specification.ownPeak(for: type) == nil {
      let able = DeviceCatalogue.all.filter { $0.ownPeak(for: type) != nil }.map(\.id)
      return
        "\(quantization) computes in \(type.rawValue), which \(device.name) (\(device.specification.id)) cannot; use "
        + "fp8-weight-only, nvfp4-weight-only, int8, int4 or q4_k_m, or devices with peak_\(type.rawValue): "
        + able.joined(separator: ", ")
    }
    return nil
  }

  /// Makes the program for one simulation.
  public func makeRun(_ strategy: ParallelStrategy, speeds: [Double]) throws -> any WorkloadRun {
    guard model.variant.latentAttention == nil else {
      throw WorkloadError(
        rule:
          "\(model.name) attends to latent vectors, which only served models do here; add serving: {} to the scenario")
    }
    return TextGenerationRun(
      program: try LlamaProgram(
        configuration: model, strategy: strategy, workload: shape, speeds: speeds,
        input: text?.input(keepsLogits: keepsLogits)), checkpoint: text?.checkpoint)
  }
}

/// Metrics of generating text.
extension Metric {
  /// From the start of the prompt until the first token has been chosen.
  public static let timeToFirstToken = Metric(
    "time_to_first_token_s", heading: "first token", unit: .seconds, .lowerIsBetter)
  /// Tokens per second of the whole batch after the first one; with a single token, that token over the time it took; not
  /// defined where they take no time.
  public static let tokensPerSecond = Metric(
    "tokens_per_second", heading: "tokens/s", unit: .perSecond, .higherIsBetter)
  /// Until the last rank ended.
  public static let totalTime = Metric("total_s", heading: "total", unit: .seconds, .lowerIsBetter)
  /// All generated tokens of the batch over the whole time, prompt included: what engines' benchmarks state as their
  /// throughput.
  public static let outputRate = Metric(
    "output_tokens_per_second", heading: "output tokens/s", unit: .perSecond, .higherIsBetter)
  /// All prompt tokens of the batch over the time to the first token: llama-bench's `pp`.
  public static let promptRate = Metric(
    "prompt_tokens_per_second", heading: "prompt tokens/s", unit: .perSecond, .higherIsBetter)
  /// Payload bytes sent by all devices, for each generated token, prompt included.
  public static let bytesSentPerToken = Metric(
    "bytes_sent_per_token", heading: "sent per token", unit: .bytes, .lowerIsBetter)
  /// Energy of all devices for each generated token.
  public static let energyPerToken = Metric(
    "energy_per_token_j", heading: "energy per token", unit: .joules, .lowerIsBetter)
}
