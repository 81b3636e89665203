import Communication
import Quantities
import Tensors

/// One rank's run of a grid: its stage of the pipeline, its share of the stage's tensors.
///
/// The batch goes through the stages in micro-batches, step after step; an item is one micro-batch in one step. Every
/// stage takes items in the same order. The first stage embeds the prompt in step 0 and afterwards the tokens that the
/// last stage chose and sent back. Each tensor-parallel part talks to the same part of the neighbouring stages.
///
/// Nothing waits in a circle: a stage waits only for its input and, before it sends again, for its previous activations
/// to have left. Each receive is posted before it is needed, so that transfers run while the stage computes.
struct GridRun {
  private enum Tag {
    static let hidden = 0
    static let tokens = 1
  }

  private let program: LlamaProgram
  private let plan: GridPlan
  private let context: ModelContext
  private let stage: Int
  private let part: Int
  /// The next item's input from the stage before.
  private var arrivingHidden: Work<Tensor>?
  private var departingHidden: Work<Void>?
  /// Each micro-batch's tokens on their way from the last stage to the first.
  private var arrivingTokens: [Work<Tensor>?]
  private var departingTokens: [Work<Void>?]
  /// Each micro-batch's latest tokens where one stage is the first and the last.
  private var latestTokens: [Tensor?]
  /// The sequences of each micro-batch.
  private let sequences: [Range<Int>]
  /// What the last stage has chosen.
  private var chosen: ChosenTokens

  init(program: LlamaProgram, plan: GridPlan, context: ModelContext) {
    self.program = program
    self.plan = plan
    self.context = context
    stage = context.communicator.rank / plan.tensor
    part = context.communicator.rank % plan.tensor
    arrivingTokens = Array(repeating: nil, count: plan.microbatchSizes.count)
    departingTokens = Array(repeating: nil, count: plan.microbatchSizes.count)
    latestTokens = Array(repeating: nil, count: plan.microbatchSizes.count)
    sequences = consecutiveRanges(plan.microbatchSizes)
    chosen = ChosenTokens(sequenceCount: program.workload.batchSize, input: program.input)
  }

  private var isFirst: Bool { stage == 0 }
  private var isLast: Bool { stage == plan.stageLayers.count - 1 }
  private var microbatchCount: Int { plan.microbatchSizes.count }
  private var itemCount: Int { program.workload.generatedTokenCount * microbatchCount }

  /// What the last stage has chosen; `nil` on the others.
  mutating func chosenTokens() async throws -> ChosenTokens? {
    let shard = try await makeShard()
    var caches = try plan.microbatchSizes.map {
      try shard.makeCaches(batchSize: $0, capacity: program.workload.cachedPositionCount)
    }
    try expectHidden(of: 0)
    context.place?.beginPhase("prefill")
    for item in 0..<itemCount {
      if item == microbatchCount { context.place?.beginPhase("decode") }
      let microbatch = item % microbatchCount
      let input = try await input(of: item, shard, from: caches[microbatch].first?.count ?? 0)
      try expectHidden(of: item + 1)
      let hidden = try await shard.forward(consume input, caches: &caches[microbatch])
      if isLast {
        try await choose(consume hidden, item, shard)
        if microbatch == microbatchCount - 1 {
          chosen.stepEnded(at: context.now())
          context.reportProgress(Double(chosen.instants.count) / Double(program.workload.generatedTokenCount))
        }
      } else {
        try await pass(consume hidden, item)
      }
    }
    try await departingHidden?.wait()
    for departing in departingTokens { try await departing?.wait() }
    return isLast ? chosen : nil
  }

  private func makeShard() async throws -> LlamaShard {
    var group: (any Communicator)?
    if plan.tensor == context.communicator.size, plan.tensor > 1 {
      group = context.communicator
    } else if plan.tensor > 1 {
      group = try await context.communicator.subgroup(
        Array(stage * plan.tensor..<(stage + 1) * plan.tensor),
        name: plan.stageLayers.count == 1 ? "tensor" : "tensor of stage \(stage)")
    }
    var shard = try LlamaShard(
      program.parameters(on: context.device), program.configuration, layers: plan.stageLayers[stage],
      share: plan.shares[stage][part], vocabularyCounts: plan.shares[stage].map(\.vocabulary.count), group: group)
    shard.place = context.place
    return shard
  }

  private func rank(stage: Int) -> Int { stage * plan.tensor + part }

  /// Posts the receive of an item's hidden states, where they come from another stage.
  private mutating func expectHidden(of item: Int) throws {
    guard !isFirst, item < itemCount else { return }
    let positions = item < microbatchCount ? program.workload.promptLength : 1
    arrivingHidden = try context.communicator.startReceive(
      shape: [plan.microbatchSizes[item % microbatchCount], positions, program.configuration.hiddenSize],
      elementType: program.configuration.elementType, on: context.device, from: rank(stage: stage - 1),
      tag: Tag.hidden)
  }

  /// An item's hidden states before this stage's layers.
  ///
  /// - Parameter position: the first position of the item.
  private mutating func input(of item: Int, _ shard: LlamaShard, from position: Int) async throws -> Tensor {
    let microbatch = item % microbatchCount
    if let arriving = arrivingHidden.take() { return try await arriving.wait() }
    if item < microbatchCount {
      return try await shard.embed(program.prompt(of: sequences[microbatch], on: context.device), from: position)
    }
    if let latest = latestTokens[microbatch].take() { return try await shard.embed(latest, from: position) }
    guard let arriving = arrivingTokens[microbatch].take() else {
      preconditionFailure("the receive of an item's tokens is posted when its predecessor is sent")
    }
    return try await shard.embed(arriving.wait(), from: position)
  }

  /// Sends an item's hidden states to the next stage; the first stage then expects the tokens they lead to.
  private mutating func pass(_ hidden: consuming Tensor, _ item: Int) async throws {
    try await departingHidden.take()?.wait()
    departingHidden = try context.communicator.startSend(hidden, to: rank(stage: stage + 1), tag: Tag.hidden)
    let microbatch = item % microbatchCount
    guard isFirst, item + microbatchCount < itemCount else { return }
    arrivingTokens[microbatch] = try context.communicator.startReceive(
      shape: [plan.microbatchSizes[microbatch], 1], elementType: .int64, on: context.device,
      from: rank(stage: plan.stageLayers.count - 1), tag: Tag.tokens)
  }

  /// Chooses an item's next tokens and hands them to the first stage, unless they are the last ones.
  private mutating func choose(_ hidden: consuming Tensor, _ item: Int, _ shard: LlamaShard) async throws {
    let microbatch = item % microbatchCount
    let tokens = try await chosen.add(shard.choose(hidden), sequences: sequences[microbatch])
    guard item + microbatchCount < itemCount else { return }
    if isFirst {
      latestTokens[microbatch] = tokens
    } else {
      // The first stage has long received the previous ones: this item's hidden states came of them.
      try await departingTokens[microbatch].take()?.wait()
      departingTokens[microbatch] = try context.communicator.startSend(tokens, to: rank(stage: 0), tag: Tag.tokens)
    }
  }
}
