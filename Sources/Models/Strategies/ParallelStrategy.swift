import Inputs

/// How one model is spread over devices.
///
/// Its text form, which a scenario or a command line gives, is one of
///
///     single
///     tensor=4
///     pipeline=4                  pipeline=4,microbatches=2
///     tensor=2,pipeline=2         tensor=2,pipeline=2,microbatches=2
///     sequence=4                  sequence=4,overlap
///     towers
public enum ParallelStrategy: Hashable, Sendable, CustomStringConvertible {
  /// `pipeline` stages of consecutive layers, each spread over `tensor` devices that divide heads, feed-forward columns
  /// and vocabulary (Shoeybi et al., "Megatron-LM", 2019); the batch passes the stages in `microbatches` parts (Huang
  /// et al., "GPipe", 2019). Rank r is part r % tensor of stage r / tensor.
  case grid(tensor: Int, pipeline: Int, microbatches: Int)

  /// Every device holds all weights and owns a range of the prompt's positions; the rows are gathered after each layer
  /// (Hu and Li, "When the Edge Meets Transformers: Distributed Inference with Transformer Models", 2024, known as
  /// Voltage). With `overlapped`, the next layer's queries are computed while the gathering runs.
  case sequence(degree: Int, overlapped: Bool)

  /// Each of two towers on a device of its own: one encodes the images, the other one the texts, and embeddings are
  /// exchanged (the shape of Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
  /// 2021, known as CLIP).
  case towers

  /// Everything on one device.
  public static let single = ParallelStrategy.grid(tensor: 1, pipeline: 1, microbatches: 1)

  /// Tensor parallelism alone.
  public static func tensor(_ degree: Int) -> ParallelStrategy {
    .grid(tensor: degree, pipeline: 1, microbatches: 1)
  }

  /// Pipeline parallelism alone.
  public static func pipeline(_ stages: Int, microbatches: Int = 1) -> ParallelStrategy {
    .grid(tensor: 1, pipeline: stages, microbatches: microbatches)
  }

  /// How many devices compute. A cluster may have more: the first ones work, the others idle.
  public var deviceCount: Int {
    switch self {
    case .grid(let tensor, let pipeline, _): tensor * pipeline
    case .sequence(let degree, _): degree
    case .towers: 2
    }
  }

  /// The text form; parsing it gives the same strategy.
  public var description: String {
    switch self {
    case .sequence(let degree, let overlapped):
      return "sequence=\(degree)\(overlapped ? ",overlap" : "")"
    case .towers: return "towers"
    case .grid(let tensor, let pipeline, let microbatches):
      var parts: [String] = []
      if tensor > 1 { parts.append("tensor=\(tensor)") }
      if pipeline > 1 { parts.append("pipeline=\(pipeline)") }
      if microbatches > 1 {
        if pipeline == 1 { parts.append("pipeline=1") }
        parts.append("microbatches=\(microbatches)")
      }
      return parts.isEmpty ? "single" : parts.joined(separator: ",")
    }
  }
}

/// A strategy that cannot be understood, or that does not fit the model, the workload or the cluster.
public struct StrategyError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// The strategy's text.
  public let strategy: String
  /// The equation that does not hold or the part that is not understood, and what is allowed.
  public let rule: String

  init(_ strategy: String, _ rule: String) {
    self.strategy = strategy
    self.rule = rule
  }

  /// `strategy tensor=8: needs 8 devices, the cluster has 4`.
  public var description: String { "strategy \(strategy): \(rule)" }
}
