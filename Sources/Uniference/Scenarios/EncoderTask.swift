import Models
import Quantities

/// What an encoder is asked for.
public enum EncoderTask: Sendable {
  /// Embeddings of texts; `normalizes` says whether they are given the length 1.
  case sentences(BertConfiguration, SentenceWorkload, SentenceInput?, normalizes: Bool)
  /// Embeddings of images and of texts, and how alike they are.
  case imagesAndTexts(CLIPConfiguration, CLIPWorkload, CLIPInput?)

  /// The same task without values.
  var withoutValues: EncoderTask {
    switch self {
    case .sentences(let model, let workload, _, let normalizes):
      .sentences(model, workload, nil, normalizes: normalizes)
    case .imagesAndTexts(let model, let workload, _): .imagesAndTexts(model, workload, nil)
    }
  }

  /// Whether there are parameters and inputs for a run with values.
  public var hasInput: Bool {
    switch self {
    case .sentences(_, _, let input, _): input != nil
    case .imagesAndTexts(_, _, let input): input != nil
    }
  }

  /// What is asked for, in words.
  public var description: String {
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
  var programName: String {
    switch self {
    case .sentences: "sentence-encoder"
    case .imagesAndTexts: "two-towers"
    }
  }

  /// The strategies worth trying on a cluster of so many devices.
  func candidates(deviceCount: Int) -> [ParallelStrategy] {
    switch self {
    case .sentences(let model, let workload, _, _):
      ParallelStrategy.candidates(deviceCount: deviceCount, configuration: model, workload: workload)
    case .imagesAndTexts: ParallelStrategy.towerCandidates(deviceCount: deviceCount)
    }
  }

  /// What the whole task costs one device alone, for shares in proportion to speeds.
  var cost: (flops: Double, bytesRead: Double, elementType: ElementType) {
    switch self {
    case .sentences(let model, let workload, _, _):
      let parameters = Double(model.layerCount * model.layerParameterCount)
      let tokens = Double(workload.batchSize * workload.length)
      return (2 * parameters * tokens, parameters * Double(model.elementType.byteCount), model.elementType)
    case .imagesAndTexts(let model, let workload, _):
      let images = Double(workload.imageCount * model.imagePositionCount) * Double(model.visionParameterCount)
      let texts = Double(workload.textCount * workload.textLength) * Double(model.textParameterCount)
      let bytes = Double(model.parameterCount * model.elementType.byteCount)
      return (2 * (images + texts), bytes, model.elementType)
    }
  }
}
