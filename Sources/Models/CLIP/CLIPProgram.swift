import Communication
import Tensors

/// The embeddings of images and texts and how alike they are, on one device or with each tower on a device of its own:
/// rank 0 encodes the images, rank 1 the texts, and an all-gather gives both all embeddings.
public struct CLIPProgram: Sendable {
  /// The model.
  public let configuration: CLIPConfiguration
  /// How it is spread.
  public let strategy: ParallelStrategy
  /// What is asked of it.
  public let workload: CLIPWorkload
  /// Parameters, images and texts; `nil` for a run of shapes alone.
  public let input: CLIPInput?

  /// - Parameter deviceCount: devices of the cluster.
  /// - Throws: ``StrategyError`` or ``WorkloadError`` with what does not hold.
  public init(
    configuration: CLIPConfiguration, strategy: ParallelStrategy, workload: CLIPWorkload, deviceCount: Int,
    input: CLIPInput? = nil
  ) throws {
    guard strategy == .single || strategy == .towers else {
      throw StrategyError("\(strategy)", "is not for models of two towers; use single or towers")
    }
    _ = try strategy.usedSpeeds(of: Array(repeating: 1, count: deviceCount))
    try workload.validate(for: configuration)
    try input?.validate(for: configuration, workload)
    self.configuration = configuration
    self.strategy = strategy
    self.workload = workload
    self.input = input
  }

  /// Runs this rank's part. Every rank of the cluster calls it; those beyond the strategy's devices return at once.
  public func run(in context: ModelContext) async throws -> EncodingOutcome {
    let start = context.now()
    let rank = context.communicator.rank
    guard rank < strategy.deviceCount else { return EncodingOutcome(start: start, end: context.now()) }
    let parameters = ParameterLoader(
      device: context.device, elementType: configuration.elementType, source: input?.parameters)
    let part: CLIPTowers.Part = strategy == .single ? .both : rank == 0 ? .vision : .text
    let towers = try CLIPTowers(parameters, configuration, part)
    // With both towers here, both encode; else what the other device has encoded is exchanged.
    var (ownImages, ownTexts): (Tensor?, Tensor?)
    if let vision = towers.vision {
      context.place?.begin(ModelPart("image tower"))
      ownImages = try await encodeImages(vision, context)
    }
    if let text = towers.text {
      context.place?.begin(ModelPart("text tower"))
      ownTexts = try await encodeTexts(text, context)
    }
    context.place?.begin(nil)
    let (images, texts) = try await exchanged(ownImages, ownTexts, context)
    let similarity = try towers.similarity(images, texts)
    return EncodingOutcome(
      embeddings: ["image": try images.valueRows(), "text": try texts.valueRows()],
      similarity: try similarity.valueRows(), start: start, end: context.now())
  }

  private func encodeImages(_ tower: VisionTower, _ context: ModelContext) async throws -> Tensor {
    let size = configuration.imageSize
    let shape = [workload.imageCount, configuration.channelCount, size, size]
    let pixels =
      if let input {
        try Tensor(input.pixels, shape: shape, on: context.device, label: "images")
      } else {
        try Tensor(uninitialized: shape, elementType: .float32, on: context.device, label: "images")
      }
    let images = configuration.elementType == .float32 ? pixels : try pixels.cast(to: configuration.elementType)
    return try await tower(images, progress: context.reportProgress)
  }

  private func encodeTexts(_ tower: TextTower, _ context: ModelContext) async throws -> Tensor {
    let shape = [workload.textCount, workload.textLength]
    guard let input else {
      func empty(_ shape: [Int]) throws -> Tensor {
        try Tensor(uninitialized: shape, elementType: .int64, on: context.device, label: "texts")
      }
      return try await tower(empty(shape), ends: empty([workload.textCount]), progress: context.reportProgress)
    }
    let ends = input.texts.enumerated().map { index, text in
      index * workload.textLength + (text.firstIndex(of: configuration.endOfTextToken) ?? 0)
    }
    return try await tower(
      Tensor(Array(input.texts.joined()), shape: shape, on: context.device, label: "texts"),
      ends: Tensor(ends, shape: [workload.textCount], on: context.device, label: "texts"),
      progress: context.reportProgress)
  }

  /// All images' and all texts' embeddings, from those that this device has.
  private func exchanged(
    _ images: Tensor?, _ texts: Tensor?, _ context: ModelContext
  ) async throws -> (images: Tensor, texts: Tensor) {
    if let images, let texts { return (images, texts) }
    guard let own = images ?? texts else { preconditionFailure("a device has a tower") }
    let world = context.communicator
    let pair = world.size == 2 ? world : try await world.subgroup([0, 1], name: "towers")
    let counts = [workload.imageCount, workload.textCount]
    let all = try await pair.allGather(own, axis: 0, counts: counts[0] == counts[1] ? nil : counts)
    return (
      try all.narrowed(axis: 0, to: 0..<counts[0]), try all.narrowed(axis: 0, to: counts[0]..<counts[0] + counts[1])
    )
  }
}
