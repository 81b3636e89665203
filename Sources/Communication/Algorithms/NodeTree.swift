/// All-reduce of nodes that work in parallel parts: reduced within each node, then between the nodes, then passed on within
/// each node, as NCCL's trees do (`src/graph/trees.cc`: a chain in each node, a tree over the nodes for each channel).
///
/// A member answers for one of its node's m blocks of each part, so the nodes talk over all their cards. Within a node
/// blocks go around a ring, or, where a switch reduces them, straight to their members; between n nodes they are halved and
/// doubled (2 log2 n messages) where n is a power of two, and go around a ring otherwise (2 (n - 1) messages).
/// Part `p` is one turn behind part `p - 1`, so that one part's messages within nodes overlap another one's between them.
struct NodeTree: ExchangeSchedule {
  let layout: BlockLayout
  private let node: Int32
  private let place: Int32
  private let nodeCount: Int32
  private let nodeSize: Int32
  private let parts: Int32
  private let isDirect: Bool

  /// - Parameters:
  ///   - layout: blocks of the first part for all members, then of the second one.
  ///   - isDirect: whether members of a node send straight to each other.
  init(rank: Int, size: Int, nodeSize: Int, parts: Int, isDirect: Bool, layout: BlockLayout) {
    self.layout = layout
    node = Int32(rank / nodeSize)
    place = Int32(rank % nodeSize)
    nodeCount = Int32(size / nodeSize)
    self.nodeSize = Int32(nodeSize)
    self.parts = Int32(parts)
    self.isDirect = isDirect
  }

  private var within: Int { Int(nodeSize) - 1 }
  private var between: Int { Int(nodeCount).exchangesBetweenNodes }
  private var stepsOfPart: Int { 2 * (within + between) }

  var window: Int { Int(parts) }
  var endStep: Int { (stepsOfPart + Int(parts) - 1) * Int(parts) }

  func exchange(at index: Int) -> Exchange {
    let (turn, part) = index.quotientAndRemainder(dividingBy: Int(parts))
    let step = turn - part
    guard step >= 0, step < stepsOfPart else { return .nothing }
    let half = within + between
    let combines = step < half
    let toBetween = combines ? step - within : step - half
    if toBetween >= 0, toBetween < between {
      return exchangeBetweenNodes(index, part, toBetween, combines: combines)
    }
    return exchangeWithinNode(index, part, combines ? step : step - half - between, combines: combines)
  }

  private func firstBlock(of part: Int) -> Int { part * Int(nodeSize) * Int(nodeCount) }

  private func exchangeWithinNode(_ round: Int, _ part: Int, _ hop: Int, combines: Bool) -> Exchange {
    let size = Int(nodeSize)
    let place = Int(place)
    func transfer(with peer: Int, block: Int) -> Transfer? {
      Transfer(
        peer: Int(node) * size + peer % size, round: round, layout: layout,
        start: firstBlock(of: part) + block % size, stride: size, count: Int(nodeCount))
    }
    if isDirect {
      let to = place + 1 + hop
      let from = place + size - 1 - hop
      return Exchange(
        send: transfer(with: to, block: combines ? to : place),
        receive: transfer(with: from, block: combines ? place : from), combines: combines)
    }
    let sent = place + 1 + hop + (combines ? 0 : within)
    return Exchange(
      send: transfer(with: place + size - 1, block: sent), receive: transfer(with: place + 1, block: sent + 1),
      combines: combines)
  }

  private func exchangeBetweenNodes(_ round: Int, _ part: Int, _ hop: Int, combines: Bool) -> Exchange {
    let count = Int(nodeCount)
    let size = Int(nodeSize)
    let node = Int(node)
    func transfer(with peer: Int, nodes first: Int, _ length: Int) -> Transfer? {
      Transfer(
        peer: peer % count * size + Int(place), round: round, layout: layout,
        start: firstBlock(of: part) + first % count * size + Int(place), stride: size, count: length)
    }
    guard count.isPowerOfTwo else {
      let sent = node + 1 + hop + (combines ? 0 : count - 1)
      return Exchange(
        send: transfer(with: node + count - 1, nodes: sent, 1), receive: transfer(with: node + 1, nodes: sent + 1, 1),
        combines: combines)
    }
    let length = combines ? count >> (hop + 1) : 1 << hop
    let peer = node ^ length
    let own = node / length * length
    let other = peer / length * length
    return Exchange(
      send: transfer(with: peer, nodes: combines ? other : own, length),
      receive: transfer(with: peer, nodes: combines ? own : other, length), combines: combines)
  }
}

extension Int {
  fileprivate var isPowerOfTwo: Bool { self > 0 && self & (self - 1) == 0 }

  /// Messages that so many nodes exchange one after another to reduce their blocks, and again to pass them on.
  var exchangesBetweenNodes: Int { isPowerOfTwo ? binaryDepth : self - 1 }
}
