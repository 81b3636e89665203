import Communication
import Tensors

/// The feed-forward of a mixture of experts, for the experts that one device holds, or its columns of all of them.
///
/// Routing is taken as balanced: every choice of a token's experts is equally likely, so as many experts get a token as
/// ``MixtureOfExperts/expectedTouchedCount(of:tokens:)`` says, and each device gets its share of the rows. The devices add up
/// their parts of the result, routed and shared, by one all-reduce.
struct ExpertFeedForward: Sendable {
  private let experts: MixtureOfExperts
  private let heldCount: Int
  /// Of the rows that all experts get, in how many equal parts devices compute them.
  private let rowShares: Int
  private let router: Tensor
  /// Gate and up, one matrix for each expert.
  private let inner: Tensor
  private let columnCount: Int
  private let down: Tensor
  private let shared: LlamaFeedForward?
  private let group: (any Communicator)?
  private let device: any TensorDevice

  init(
    _ parameters: ParameterLoader, _ configuration: LlamaConfiguration, _ experts: MixtureOfExperts,
    share: TensorShare, group: (any Communicator)?
  ) throws {
    self.experts = experts
    self.group = group
    device = parameters.device
    let hidden = configuration.hiddenSize
    rowShares = configuration.expertParallelism
    heldCount = (experts.count + rowShares - 1) / rowShares
    let columns = (experts.intermediateSize * rowShares + share.deviceCount - 1) / share.deviceCount
    let held = heldCount
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Tensor {
      try parameters.parameter(
        "experts.\(name).weight", [.whole(held * rows), .whole(columns)], label: "expert weights")
    }
    router = try parameters.parameter("gate.weight", [.whole(experts.count), .whole(hidden)], label: "router weights")
    columnCount = columns
    inner = try matrix("gate_up_proj", 2 * columns, hidden)
    down = try matrix("down_proj", hidden, columns)
    shared =
      experts.sharedIntermediateSize > 0
      ? try LlamaFeedForward(
        parameters.scoped("shared_experts"), configuration,
        columns: .whole((experts.sharedIntermediateSize + share.deviceCount - 1) / share.deviceCount), group: nil) : nil
  }

  /// `[..., hidden size]` to the same shape, summed over all devices.
  func callAsFunction(_ rows: Tensor) async throws -> Tensor {
    let tokens = rows.shape.dropLast().reduce(1, *)
    let hidden = rows.shape[rows.shape.count - 1]
    _ = try rows.linear(router).softmax()
    let touched = Int(experts.expectedTouchedCount(of: heldCount, tokens: tokens).rounded(.up))
    let routed = max(1, (tokens * experts.perToken + rowShares - 1) / rowShares)
    // Each token's row once for each of its experts here.
    let inputs = try Tensor(
      uninitialized: [routed, hidden], elementType: rows.elementType, on: device, label: "expert inputs")
    func product(_ input: Tensor, _ weight: Tensor) throws -> Tensor {
      try input.expertLinear(weight, held: heldCount, touched: min(touched, heldCount))
    }
    let both = try product(inputs, inner)
    let activated =
      try both.narrowed(axis: 1, to: 0..<columnCount).silu()
      * both.narrowed(axis: 1, to: columnCount..<2 * columnCount)
    _ = try product(activated, down) * inputs
    var result = rows
    if let shared { result = try await rows + shared(rows) }
    guard let group else { return result }
    return try await group.allReduce(result)
  }
}
