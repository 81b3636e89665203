import Communication
import Tensors

/// An embedding whose table is divided among devices by tokens: each looks up the tokens it has and gives zeros for
/// the others, and one all-reduce adds the rows up (Shoeybi et al., "Megatron-LM", 2019, section 3).
public struct VocabularyParallelEmbedding: Sendable {
  /// `[own tokens, hidden size]`.
  public let table: Tensor
  /// The first token of this device's part.
  public let firstToken: Int
  /// The devices that the table is divided among; `nil` when this one has all of it.
  public let group: (any Communicator)?

  /// Makes this device's rows of the parameter `weight`.
  ///
  /// - Parameter tokens: the tokens of this device; `AxisShare(of: vocabularySize, in: group)` divides them evenly.
  public init(_ parameters: ParameterLoader, tokens: AxisShare, hiddenSize: Int, group: (any Communicator)?) throws {
    table = try parameters.parameter("weight", [tokens, .whole(hiddenSize)], label: "embedding weights")
    firstToken = tokens.range.lowerBound
    self.group = group
  }

  /// Token ids `[...]` to hidden states `[..., hidden size]`, complete on every device.
  public func callAsFunction(_ tokens: Tensor) async throws -> Tensor {
    guard let group else { return try tokens.embedding(from: table) }
    return try await group.allReduce(tokens.embedding(from: table, firstIndex: firstToken))
  }
}

/// The output layer, whose table is divided among devices by tokens: each computes the logits of its tokens, and one
/// all-gather gives all logits to all, so that every device chooses the same next token without another message.
public struct VocabularyParallelOutput: Sendable {
  /// `[own tokens, hidden size]`.
  public let table: Tensor
  /// How many tokens each device has.
  public let tokenCounts: [Int]
  /// The devices that the table is divided among; `nil` when this one has all of it.
  public let group: (any Communicator)?

  /// - Parameter table: this device's part: memory of its own, or the embedding's, which tied models share.
  public init(table: Tensor, tokenCounts: [Int], group: (any Communicator)?) {
    self.table = table
    self.tokenCounts = tokenCounts
    self.group = group
  }

  /// Hidden states `[..., hidden size]` to logits `[..., vocabulary]`, complete on every device.
  public func callAsFunction(_ hidden: Tensor) async throws -> Tensor {
    guard let group else { return try hidden.linear(table) }
    let isEven = tokenCounts.allSatisfy { $0 == tokenCounts[0] }
    return try await group.allGather(
      hidden.linear(table), axis: hidden.rank - 1, counts: isEven ? nil : tokenCounts)
  }
}
