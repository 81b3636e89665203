/// All-reduce, reduce-scatter and all-gather in two levels, for n nodes of m members: rings within each node over the m
/// blocks' groups, rings between members of the same place in their nodes over single blocks.
///
/// Reduce-scatter goes within the node first, then between nodes; all-gather the other way round; all-reduce is one
/// after the other, on the buffer cut into N = n m blocks. The fabric carries 2 (n - 1) / N S a member in 2 (n - 1)
/// messages, the node's own links 2 (m - 1) / m S in 2 (m - 1) messages.
struct Hierarchical: ExchangeSchedule {
  let layout: BlockLayout
  private let node: Int32
  private let place: Int32
  private let nodeCount: Int32
  private let nodeSize: Int32
  private let reduces: Bool
  private let gathers: Bool

  init(rank: Int, size: Int, nodeSize: Int, reduces: Bool, gathers: Bool, layout: BlockLayout) {
    self.layout = layout
    node = Int32(rank / nodeSize)
    place = Int32(rank % nodeSize)
    nodeCount = Int32(size / nodeSize)
    self.nodeSize = Int32(nodeSize)
    self.reduces = reduces
    self.gathers = gathers
  }

  private var phaseLength: Int { Int(nodeSize) - 1 + Int(nodeCount) - 1 }
  var firstStep: Int { reduces ? 0 : phaseLength }
  var endStep: Int { gathers ? 2 * phaseLength : phaseLength }

  func exchange(at step: Int) -> Exchange {
    let within = Int(nodeSize) - 1
    let combines = step < phaseLength
    // A ring's step s sends block rank + 1 + s in its reduce-scatter; its all-gather goes on counting.
    if step < within { return withinNode(step: step, hop: step, combines: combines) }
    let lastWithin = endStep - within
    if gathers, step >= lastWithin {
      return withinNode(step: step, hop: step - lastWithin + within, combines: combines)
    }
    let hop = step < phaseLength ? step - within : step - phaseLength + Int(nodeCount) - 1
    return betweenNodes(step: step, hop: hop, combines: combines)
  }

  private func withinNode(step: Int, hop: Int, combines: Bool) -> Exchange {
    let size = Int(nodeSize)
    let first = Int(node) * size
    let sent = (Int(place) + 1 + hop) % size
    let received = (sent + 1) % size
    return Exchange(
      send: Transfer(
        peer: first + (Int(place) + size - 1) % size, round: step, layout: layout, start: sent, stride: size,
        count: Int(nodeCount)),
      receive: Transfer(
        peer: first + (Int(place) + 1) % size, round: step, layout: layout, start: received, stride: size,
        count: Int(nodeCount)),
      combines: combines)
  }

  private func betweenNodes(step: Int, hop: Int, combines: Bool) -> Exchange {
    let count = Int(nodeCount)
    let size = Int(nodeSize)
    let place = Int(place)
    let sent = (Int(node) + 1 + hop) % count
    let received = (sent + 1) % count
    return Exchange(
      send: Transfer(
        peer: (Int(node) + count - 1) % count * size + place, round: step, layout: layout, start: sent * size + place),
      receive: Transfer(
        peer: (Int(node) + 1) % count * size + place, round: step, layout: layout, start: received * size + place),
      combines: combines)
  }
}

/// Broadcast in two levels: a binomial tree from the root to the members of its place in the other nodes, then one
/// within each node. ceil(log2 n) messages cross the fabric one after another.
struct HierarchicalBroadcast: ExchangeSchedule {
  let layout: BlockLayout
  private let rank: Int32
  private let root: Int32
  private let nodeSize: Int32
  private let nodeCount: Int32

  init(rank: Int, shape: CollectiveShape, nodeSize: Int, layout: BlockLayout) {
    self.layout = layout
    self.rank = Int32(rank)
    root = Int32(shape.root)
    self.nodeSize = Int32(nodeSize)
    nodeCount = Int32(shape.size / nodeSize)
  }

  var endStep: Int { Int(nodeCount).binaryDepth + Int(nodeSize).binaryDepth }
  var sendCompletion: SendCompletion { .afterCombining }

  func exchange(at step: Int) -> Exchange {
    let size = Int(nodeSize)
    let (node, place) = Int(rank).quotientAndRemainder(dividingBy: size)
    let (rootNode, rootPlace) = Int(root).quotientAndRemainder(dividingBy: size)
    let nodeDepth = Int(nodeCount).binaryDepth
    if step >= nodeDepth {
      return hop(bit: step - nodeDepth, from: rootPlace, at: place, among: size, step: step) { node * size + $0 }
    }
    if place != rootPlace { return .nothing }
    return hop(bit: step, from: rootNode, at: node, among: Int(nodeCount), step: step) { $0 * size + place }
  }

  private func hop(
    bit: Int, from root: Int, at own: Int, among count: Int, step: Int, rank: (Int) -> Int
  ) -> Exchange {
    let distance = 1 << bit
    let position = (own - root + count) % count
    if position >= 2 * distance { return .nothing }
    let other = position ^ distance
    if other >= count { return .nothing }
    let transfer = Transfer(peer: rank((other + root) % count), round: step, layout: layout, start: 0)
    return position < distance ? Exchange(send: transfer) : Exchange(receive: transfer)
  }
}
