/// The root exchanges one message with each other member, in rank order, all posted at once: broadcast, reduce, gather
/// and scatter. Source of the order: `gloo/gather.cc`, `gloo/scatter.cc`.
struct Flat: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32
  private let root: Int32
  private let operation: CollectiveOperation

  init(rank: Int, shape: CollectiveShape, layout: BlockLayout) {
    self.layout = layout
    self.rank = Int32(rank)
    size = Int32(shape.size)
    root = Int32(shape.root)
    operation = shape.operation
  }

  var endStep: Int { rank == root ? Int(size) - 1 : 1 }
  var window: Int { max(1, endStep) }
  var sendCompletion: SendCompletion { .afterCombining }

  func exchange(at step: Int) -> Exchange {
    let root = Int(root)
    let isRoot = rank == self.root
    let other = isRoot ? (step < root ? step : step + 1) : Int(rank)
    let movesBlocks = operation == .gather || operation == .scatter
    let transfer = Transfer(
      peer: isRoot ? other : root, round: other, layout: layout, start: movesBlocks ? other : 0)
    let leavesRoot = operation == .broadcast || operation == .scatter
    return isRoot == leavesRoot ? Exchange(send: transfer) : Exchange(receive: transfer, combines: operation == .reduce)
  }
}
