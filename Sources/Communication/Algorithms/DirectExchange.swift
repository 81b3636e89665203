/// Every member to every other one: at step `i` to rank + i and from rank - i.
///
/// Pairwise does one step after another, (N - 1) (alpha + b / B) for blocks of b bytes on equal links (Thakur,
/// Rabenseifner and Gropp 2005); flat posts all at once, each send before its receive, as `gloo/alltoall.cc` and
/// `alltoallv.cc` do.
struct DirectExchange: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let size: Int32
  private let operation: CollectiveOperation
  private let postsAll: Bool

  /// - Parameter operation: all-to-all, reduce-scatter or all-gather.
  init(rank: Int, size: Int, operation: CollectiveOperation, postsAll: Bool, layout: BlockLayout) {
    self.layout = layout
    self.rank = Int32(rank)
    self.size = Int32(size)
    self.operation = operation
    self.postsAll = postsAll
  }

  var firstStep: Int { 1 }
  var endStep: Int { Int(size) }
  var window: Int { postsAll ? Int(size) - 1 : 1 }
  var sendsFirst: Bool { postsAll }
  var sendCompletion: SendCompletion { .afterCombining }

  func exchange(at step: Int) -> Exchange {
    let size = Int(size)
    let rank = Int(rank)
    let to = rank + step < size ? rank + step : rank + step - size
    let from = rank >= step ? rank - step : rank - step + size
    return Exchange(
      send: Transfer(peer: to, round: step, layout: layout, start: block(from: rank, to: to)),
      receive: Transfer(peer: from, round: step, layout: layout, start: block(from: from, to: rank)),
      combines: operation == .reduceScatter)
  }

  private func block(from source: Int, to destination: Int) -> Int {
    switch operation {
    case .allToAll: source * Int(size) + destination
    case .reduceScatter: destination
    default: source
    }
  }
}
