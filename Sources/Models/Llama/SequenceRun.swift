import Communication
import Quantities
import Tensors

/// One rank's run of the sequence strategy (Hu and Li, "When the Edge Meets Transformers", 2024, known as Voltage).
///
/// In each layer of the prompt's pass a device computes queries for its own rows, keys and values for all rows,
/// attention and feed-forward for its own rows; then the rows are gathered. The first layer's rows are embedded
/// everywhere, and nothing is gathered after the last layer, of which only the last row is needed.
///
/// Overlapped, the gathering runs while the device normalizes its own rows and computes the next layer's queries from
/// them. What it still normalizes afterwards are all rows again, its own among them: cheaper than copying its own
/// normalized rows between the others.
///
/// A single token has nothing to divide, so one device generates, the plan's generator. It alone keeps the keys and
/// values. If it does not own the last position, that row comes to it in one message.
struct SequenceRun {
  private let program: LlamaProgram
  private let plan: SequencePlan
  private let context: ModelContext
  private let rank: Int

  init(program: LlamaProgram, plan: SequencePlan, context: ModelContext) {
    self.program = program
    self.plan = plan
    self.context = context
    rank = context.communicator.rank
  }

  private var degree: Int { plan.positions.count }
  private var configuration: LlamaConfiguration { program.configuration }

  /// What the generator has chosen; `nil` on the others.
  func chosenTokens() async throws -> ChosenTokens? {
    let share = TensorShare(whole: configuration)
    var shard = try LlamaShard(
      program.parameters(on: context.device), configuration, layers: 0..<configuration.layerCount, share: share,
      vocabularyCounts: [share.vocabulary.count], group: nil)
    shard.place = context.place
    context.place?.beginPhase("prefill")
    var caches: [KeyValueCache] = []
    if rank == plan.generator {
      caches = try shard.makeCaches(
        batchSize: program.workload.batchSize, capacity: program.workload.cachedPositionCount)
    }
    let group = try await makeGroup()
    let own = try await ownRows(shard, group, &caches)
    guard let last = try await lastRow(consume own) else { return nil }
    return try await generate(from: last, shard, &caches)
  }

  private func makeGroup() async throws -> (any Communicator)? {
    guard degree > 1 else { return nil }
    guard degree < context.communicator.size else { return context.communicator }
    return try await context.communicator.subgroup(Array(0..<degree), name: "sequence")
  }

  /// The prompt's pass: this device's rows `[batch, own positions, hidden size]` after the last layer.
  private func ownRows(_ shard: LlamaShard, _ group: (any Communicator)?, _ caches: inout [KeyValueCache])
    async throws -> Tensor
  {
    let positions = plan.positions[rank]
    var all = try await shard.embed(
      program.prompt(of: 0..<program.workload.batchSize, on: context.device), from: 0)
    var own = try all.narrowed(axis: 1, to: positions)
    var queries: Tensor?
    for index in shard.layers.indices {
      let layer = shard.layers[index]
      context.place?.begin(.layer(index))
      let normalized = try layer.normalized(consume all)
      let ownQueries =
        try queries.take()
        ?? layer.attention.queries(normalized.narrowed(axis: 1, to: positions), position: positions.lowerBound)
      var memory = try layer.attention.keysAndValues(consume normalized, position: 0)
      if !caches.isEmpty { memory = try caches[index].append(consume memory) }
      own = try await layer.finish(
        own, queries: consume ownQueries, memory: consume memory, position: positions.lowerBound)
      guard index + 1 < shard.layers.count else { break }
      guard let group else {
        all = own
        continue
      }
      let gathering = try startGathering(own, group)
      if plan.overlapped {
        let next = shard.layers[index + 1]
        queries = try next.attention.queries(next.normalized(own), position: positions.lowerBound)
      }
      all = try await gathering.wait()
    }
    context.place?.begin(nil)
    return own
  }

  /// Starts joining all devices' rows.
  ///
  /// Frameworks' all-gathers want equal shares (`torch.distributed.all_gather`), and libraries pipeline those. So where shares
  /// differ by one position, those that lack it repeat their last one, which is removed afterwards.
  private func startGathering(_ own: Tensor, _ group: any Communicator) throws -> Work<Tensor> {
    let counts = plan.positions.map(\.count)
    guard let longest = counts.max(), let shortest = counts.min(), longest > shortest else {
      return try group.startAllGather(own, axis: 1)
    }
    guard longest == shortest + 1 else { return try group.startAllGather(own, axis: 1, counts: counts) }
    let padded =
      own.shape[1] == longest
      ? own : try Tensor.concatenate([own, own.narrowed(axis: 1, to: shortest - 1..<shortest)], axis: 1)
    return try group.startAllGather(padded, axis: 1).map { rows in
      let shares = try counts.enumerated().map { device, count in
        try rows.narrowed(axis: 1, to: device * longest..<device * longest + count)
      }
      return try Tensor.concatenate(shares, axis: 1)
    }
  }

  /// The last position's row `[batch, 1, hidden size]` on the generator, `nil` elsewhere.
  private func lastRow(_ own: consuming Tensor) async throws -> Tensor? {
    let owner = degree - 1
    if rank == owner {
      let row = try LlamaShard.lastRow(consume own)
      if rank == plan.generator { return row }
      try await context.communicator.send(row, to: plan.generator)
    } else if rank == plan.generator {
      return try await context.communicator.receive(
        shape: [program.workload.batchSize, 1, configuration.hiddenSize], elementType: configuration.elementType,
        on: context.device, from: owner)
    }
    return nil
  }

  private func generate(from last: consuming Tensor, _ shard: LlamaShard, _ caches: inout [KeyValueCache])
    async throws -> ChosenTokens
  {
    let sequences = 0..<program.workload.batchSize
    var chosen = ChosenTokens(sequenceCount: sequences.count, input: program.input)
    var tokens = try await chosen.add(shard.choose(consume last), sequences: sequences)
    chosen.stepEnded(at: context.now())
    context.place?.beginPhase("decode")
    for step in 1..<program.workload.generatedTokenCount {
      tokens = try await chosen.add(
        shard.choose(shard.forward(shard.embed(tokens, from: caches[0].count), caches: &caches)),
        sequences: sequences)
      chosen.stepEnded(at: context.now())
      context.reportProgress(Double(step + 1) / Double(program.workload.generatedTokenCount))
    }
    return chosen
  }
}
