import ProgramLibraries
import Uniference

// A feed-forward layer split over Swift ranks, whose last neighbour in the same group is plain PyTorch: it hands out
// input and weights and checks the result. `mixed_ranks.py` beside this file is that rank, and starts these.

/// What the library exports.
@_cdecl("uniference_program_main")
public func main(count: Int32, arguments: ProgramLibrary.Arguments) -> Int32 {
  ProgramLibrary.main(SplitFeedForward.self, count, arguments)
}

/// `relu`-free feed-forward `down(silu(up(x)))`: columns of `up` and rows of `down` on each Swift rank, one all-reduce.
struct SplitFeedForward: LibraryProgram {
  struct Options: ParsableArguments {
    @Option(help: "Rows of the input.")
    var rows = 5

    @Option(help: "Size of the model.")
    var model = 16

    @Option(help: "Size of the hidden layer, which the Swift ranks share.")
    var hidden = 24
  }

  private let options: Options

  init(arguments: [String]) throws { options = try Options.read(arguments) }

  func run(on rank: Rank) async throws {
    let checker = rank.worldSize - 1
    let workers = try await rank.world.subgroup(Array(0..<checker), name: "workers")
    let own = options.hidden / workers.size
    let range = rank.index * own..<(rank.index + 1) * own

    // A collective of all members: everybody ends with what the PyTorch rank has.
    let input = try await broadcast([options.rows, options.model], from: checker, on: rank)
    // Messages from the PyTorch rank, which are bare tensors.
    let up = try await receive([options.hidden, options.model], from: checker, on: rank)
      .narrowed(axis: 0, to: range)
    let down = try await receive([options.model, options.hidden], from: checker, on: rank)

    let hidden = try input.linear(up).silu()
    let partial = try hidden.linear(columns(range, of: down, on: rank))
    let sum = try await workers.allReduce(partial)
    if rank.index == 0 { try await rank.world.send(sum, to: checker, tag: 7) }
  }

  private func broadcast(_ shape: [Int], from root: Int, on rank: Rank) async throws -> Tensor {
    let template = try Tensor(uninitialized: shape, elementType: .float32, on: rank.device, label: "input")
    let message = try await rank.world.broadcast(template, root: root)
    return try message.placed(on: rank.device).reshaped(to: shape)
  }

  private func receive(_ shape: [Int], from source: Int, on rank: Rank) async throws -> Tensor {
    try await rank.world.receive(shape: shape, elementType: .float32, on: rank.device, from: source)
  }

  /// A copy, whose elements are adjacent.
  private func columns(_ range: Range<Int>, of tensor: Tensor, on rank: Rank) throws -> Tensor {
    let values = try tensor.floats()
    let width = tensor.shape[1]
    let chosen = (0..<tensor.shape[0]).flatMap { row in range.map { values[row * width + $0] } }
    return try Tensor(chosen, shape: [tensor.shape[0], range.count], on: rank.device, label: "down")
  }
}
