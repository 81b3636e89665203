import Communication
import Tensors

/// One rank's run of a sentence encoder.
///
/// Tensor-parallel devices compute all rows with their heads and columns. Under the sequence strategy (Hu and Li, "When
/// the Edge Meets Transformers", 2024, known as Voltage) a device computes keys and values of all rows and everything
/// else for its own ones, and the rows are gathered after each layer; overlapped, the next layer's queries, which need
/// its own rows only, are computed meanwhile. Every device ends with all embeddings.
struct SentenceRun {
  let program: SentenceProgram
  let context: ModelContext

  /// `[batch, hidden size]`.
  func embeddings() async throws -> Tensor {
    let group = try await makeGroup()
    let parameters = ParameterLoader(
      device: context.device, elementType: program.configuration.elementType, source: program.input?.parameters)
    let hidden: Tensor
    let counts: Tensor?
    switch program.plan {
    case .tensor(let shares):
      let encoder = try BertEncoder(
        parameters, program.configuration, share: shares[context.communicator.rank], group: group)
      counts = try program.counts(on: context.device)
      hidden = try await whole(encoder.embedding(program.tokens(on: context.device)), encoder.layers, counts)
    case .sequence(let plan):
      let encoder = try BertEncoder(
        parameters, program.configuration, share: TensorShare(whole: program.configuration), group: nil)
      counts = try program.counts(on: context.device)
      let rows = try await encoder.embedding(program.tokens(on: context.device))
      hidden =
        if let group {
          try await gathered(rows, encoder.layers, counts, plan, in: group)
        } else {
          try await whole(rows, encoder.layers, counts)
        }
    }
    let means = try hidden.meanOverPositions(counts: counts)
    return program.normalizes ? try means.normalized() : means
  }

  private func makeGroup() async throws -> (any Communicator)? {
    let degree = program.strategy.deviceCount
    guard degree > 1 else { return nil }
    guard degree < context.communicator.size else { return context.communicator }
    return try await context.communicator.subgroup(Array(0..<degree), name: "encoder")
  }

  private func visibility(_ counts: Tensor?) -> MultiHeadAttention.Visibility {
    counts.map { .first($0) } ?? .all
  }

  /// All rows through all layers on every device.
  private func whole(_ embedded: consuming Tensor, _ layers: [BertLayer], _ counts: Tensor?) async throws -> Tensor {
    var rows = consume embedded
    for (index, layer) in layers.enumerated() {
      context.place?.begin(.layer(index))
      rows = try await layer.finish(
        rows, queries: layer.attention.queries(rows), memory: layer.attention.keysAndValues(rows),
        seeing: visibility(counts))
      context.reportProgress(Double(index + 1) / Double(layers.count))
    }
    context.place?.begin(nil)
    return rows
  }

  /// This device's rows through all layers, and everybody's rows after each of them.
  private func gathered(
    _ embedded: consuming Tensor, _ layers: [BertLayer], _ counts: Tensor?, _ plan: SequencePlan,
    in group: any Communicator
  ) async throws -> Tensor {
    var all = consume embedded
    var own = try all.narrowed(axis: 1, to: plan.positions[group.rank])
    let lengths = plan.positions.map(\.count)
    let isEven = lengths.allSatisfy { $0 == lengths[0] }
    var queries: Tensor?
    for (index, layer) in layers.enumerated() {
      context.place?.begin(.layer(index))
      let ownQueries = try queries.take() ?? layer.attention.queries(own)
      let memory = try layer.attention.keysAndValues(consume all)
      own = try await layer.finish(
        own, queries: consume ownQueries, memory: consume memory, seeing: visibility(counts))
      let gathering = try group.startAllGather(own, axis: 1, counts: isEven ? nil : lengths)
      if plan.overlapped, index + 1 < layers.count { queries = try layers[index + 1].attention.queries(own) }
      all = try await gathering.wait()
      context.reportProgress(Double(index + 1) / Double(layers.count))
    }
    context.place?.begin(nil)
    return all
  }
}
