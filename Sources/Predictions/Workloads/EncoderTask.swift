import Models
import Quantities
import Tensors
import Uniference

/// What an encoder is asked for.
public enum EncoderTask: Workload {
  /// Embeddings of texts; `normalizes` says whether they are given the length 1.
  case sentences(BertConfiguration, SentenceWorkload, SentenceInput?, normalizes: Bool)
  /// Embeddings of images and of texts, and how alike they are.
  case imagesAndTexts(CLIPConfiguration, CLIPWorkload, CLIPInput?)

  /// A run of shapes.
  public var withoutValues: EncoderTask {
    switch self {
    case .sentences(let model, let workload, _, let normalizes):
      .sentences(model, workload, nil, normalizes: normalizes)
    case .imagesAndTexts(let model, let workload, _): .imagesAndTexts(model, workload, nil)
    }
  }

  /// Weights and inputs.
  public var missingForValues: String? {
    let hasInput =
      switch self {
      case .sentences(_, _, let input, _): input != nil
      case .imagesAndTexts(_, _, let input): input != nil
      }
    return hasInput
      ? nil
      : "weights and what is to be encoded; add the fields weights and texts (of a model of two towers, inputs)"
  }

  /// What it measures.
  public var metrics: [Metric] {
    [.latency, .embeddingsPerSecond, .bytesSent, .messages, .busyFraction, .energy, .energyPerEmbedding]
  }

  /// What tables show.
  public var columns: [Metric] { [.latency, .embeddingsPerSecond, .bytesSent, .busyFraction, .energy] }

  /// An early end.
  public var ranking: [Metric] { [.latency] }

  /// What is asked for, in words.
  public var summary: String {
    switch self {
    case .sentences(_, let workload, _, _):
      "\(workload.batchSize) \(workload.batchSize == 1 ? "text" : "texts") of up to \(workload.length) tokens"
    case .imagesAndTexts(let model, let workload, _):
      """
      \(workload.imageCount) \(workload.imageCount == 1 ? "image" : "images") of \(model.imageSize) x \
      \(model.imageSize) pixels, \(workload.textCount) \(workload.textCount == 1 ? "text" : "texts") of \
      \(workload.textLength) tokens
      """
    }
  }

  /// Embeddings that one run computes.
  var embeddingCount: Int {
    switch self {
    case .sentences(_, let workload, _, _): workload.batchSize
    case .imagesAndTexts(_, let workload, _): workload.imageCount + workload.textCount
    }
  }

  /// The token ids of the texts; `nil` without input.
  var tokens: [[Int]]? {
    switch self {
    case .sentences(_, _, let input, _): input?.texts
    case .imagesAndTexts(_, _, let input): input?.texts
    }
  }

  /// What records call the program.
  public var programName: String {
    switch self {
    case .sentences: "sentence-encoder"
    case .imagesAndTexts: "two-towers"
    }
  }

  /// The strategies worth trying on a cluster of so many devices.
  public func candidates(deviceCount: Int) -> [ParallelStrategy] {
    switch self {
    case .sentences(let model, let workload, _, _):
      ParallelStrategy.candidates(deviceCount: deviceCount, configuration: model, workload: workload)
    case .imagesAndTexts: ParallelStrategy.towerCandidates(deviceCount: deviceCount)
    }
  }

  /// One pass of everything.
  public var passes: [ModelPass] {
    switch self {
    case .sentences(let model, let workload, _, _):
      let parameters = Double(model.layerCount * model.layerParameterCount)
      let tokens = Double(workload.batchSize * workload.length)
      let bytes = parameters * Double(model.elementType.byteCount)
      return [
        ModelPass(
          cost: OperationCost(flops: 2 * parameters * tokens, bytesRead: bytes, bytesWritten: 0),
          operations: ModelPass.operationsOfLayer * model.layerCount)
      ]
    case .imagesAndTexts(let model, let workload, _):
      let images = Double(workload.imageCount * model.imagePositionCount) * Double(model.visionParameterCount)
      let texts = Double(workload.textCount * workload.textLength) * Double(model.textParameterCount)
      let bytes = Double(model.parameterCount * model.elementType.byteCount)
      return [
        ModelPass(
          cost: OperationCost(flops: 2 * (images + texts), bytesRead: bytes, bytesWritten: 0),
          operations: ModelPass.operationsOfLayer * (model.vision.layerCount + model.text.layerCount))
      ]
    }
  }

  /// The type of weights and activations.
  public var elementType: ElementType {
    switch self {
    case .sentences(let model, _, _, _): model.elementType
    case .imagesAndTexts(let model, _, _): model.elementType
    }
  }

  /// Makes the program for one simulation.
  public func makeRun(_ strategy: ParallelStrategy, speeds: [Double]) throws -> any WorkloadRun {
    switch self {
    case .sentences(let model, let workload, let input, let normalizes):
      let program = try SentenceProgram(
        configuration: model, strategy: strategy, workload: workload, speeds: speeds, input: input,
        normalizes: normalizes)
      return EncoderTaskRun(self) { try await program.run(in: $0) }
    case .imagesAndTexts(let model, let workload, let input):
      let program = try CLIPProgram(
        configuration: model, strategy: strategy, workload: workload, deviceCount: speeds.count, input: input)
      return EncoderTaskRun(self) { try await program.run(in: $0) }
    }
  }

  /// Which strategy is done first, and how much longer the next one takes.
  public func verdict(winner: Prediction, among fitting: [Prediction]) -> String {
    func latency(of prediction: Prediction) -> Double { prediction[.latency] ?? .infinity }
    let others = fitting.filter { $0.strategy != winner.strategy }
    guard let next = others.min(by: { latency(of: $0) < latency(of: $1) }) else {
      return "\(winner.strategy) is the only strategy that fits in memory."
    }
    let (first, second) = (latency(of: winner), latency(of: next))
    guard first > 0 else {
      return "\(winner.strategy) is done first, at once: \(next.strategy) takes "
        + "\(second > 0 ? Duration.nearest(seconds: second).shortDescription : "no time either")."
    }
    let ratio = formatNumber(second / first, significantDigits: 3)
    return """
      \(winner.strategy) is done first, after \(Duration.nearest(seconds: first).shortDescription): \(next.strategy) \
      takes \(ratio) times as long.
      """
  }
}

/// Metrics of encoding.
extension Metric {
  /// Until all embeddings are known on all of the strategy's devices.
  public static let latency = Metric("latency_s", heading: "latency", unit: .seconds, .lowerIsBetter)
  /// Embeddings over that time.
  public static let embeddingsPerSecond = Metric(
    "embeddings_per_second", heading: "embeddings/s", unit: .perSecond, .higherIsBetter)
  /// Energy of all devices for each embedding.
  public static let energyPerEmbedding = Metric(
    "energy_per_embedding_j", heading: "energy per embedding", unit: .joules, .lowerIsBetter)
}
