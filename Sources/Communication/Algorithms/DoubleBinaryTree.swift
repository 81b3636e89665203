/// All-reduce, broadcast and reduce over two binary trees with half of the data each, in segments that follow each
/// other up and down.
///
/// A member that is an inner node of one tree is a leaf of the other one, so that all links are used in full: with many
/// segments a broadcast takes about 2 ceil(log2 N) alpha + S / B, an all-reduce twice as long.
/// Source: Sanders, Speck and Träff, Two-tree algorithms for full bandwidth broadcast, reduction and scan, 2009. NCCL's
/// tree all-reduce has these trees (`src/graph/trees.cc`), with a root of its own for each one; here both have the
/// same.
///
/// In iteration `t` a member takes part in reducing segment `t` and in distributing segment `t - 2 depth`, which the
/// root has by then; so no member waits for anything that is not under way.
struct DoubleBinaryTree: ExchangeSchedule {
  let layout: BlockLayout
  private let first: BinaryTreePosition
  private let second: BinaryTreePosition
  private let reduces: Bool
  private let distributes: Bool

  init(rank: Int, shape: CollectiveShape, byteCount: Int, segmentByteCount: Int) {
    let element = shape.elementByteCount
    let largest = max(1, segmentByteCount / element) * element
    let perTree = max(1, byteCount.dividedRoundingUp(by: 2 * largest))
    let segment = byteCount.dividedRoundingUp(by: 2 * perTree).roundedUp(toMultipleOf: element)
    layout = .segments(count: 2 * perTree, byteCount: segment, total: byteCount)
    first = BinaryTreePosition(rank: rank, size: shape.size, root: shape.root, isSecond: false)
    second = BinaryTreePosition(rank: rank, size: shape.size, root: shape.root, isSecond: true)
    reduces = shape.operation != .broadcast
    distributes = shape.operation != .reduce
  }

  /// Exchanges for one segment in one tree: from either child, to the parent, from the parent, to either child.
  private static let exchangesPerTurn = 6
  private static let fromParent = 3
  /// Iterations between posting the receive of a segment from the parent and awaiting it. The parent sends it that
  /// much earlier, so that receives are posted in the order in which the peer sends, whichever tree they belong to.
  private static let postingLead = 2
  private var segmentsPerTree: Int { layout.count / 2 }
  private func lag(_ tree: BinaryTreePosition) -> Int { distributes ? Self.postingLead * tree.depth : 0 }

  var endStep: Int { (segmentsPerTree + max(lag(first), lag(second))) * 2 * Self.exchangesPerTurn }

  func stepEnding(in iteration: Int) -> Int {
    let follows = iteration % Self.exchangesPerTurn == Self.fromParent + 1
    return iteration - 1 - (follows ? Self.postingLead * 2 * Self.exchangesPerTurn : 0)
  }

  func exchange(at step: Int) -> Exchange {
    let (turn, part) = step.quotientAndRemainder(dividingBy: Self.exchangesPerTurn)
    let treeNumber = turn & 1
    let tree = treeNumber == 0 ? first : second
    let rising = reduces ? turn >> 1 : segmentsPerTree
    let falling = distributes ? turn >> 1 - lag(tree) : segmentsPerTree
    switch part {
    case 0: return Exchange(receive: transfer(with: tree.left, rising, treeNumber, slot: 0), combines: true)
    case 1: return Exchange(receive: transfer(with: tree.right, rising, treeNumber, slot: 1), combines: true)
    case 2: return Exchange(send: transfer(with: tree.parent, rising, treeNumber, slot: tree.isLeftChild ? 0 : 1))
    case Self.fromParent:
      return Exchange(receive: transfer(with: tree.parent, falling + Self.postingLead, treeNumber, slot: 2))
    case 4: return Exchange(send: transfer(with: tree.left, falling, treeNumber, slot: 2))
    default: return Exchange(send: transfer(with: tree.right, falling, treeNumber, slot: 2))
    }
  }

  /// - Parameter slot: what tells the receiver's messages for one segment apart: from its left child, from its right
  /// child, from its parent.
  private func transfer(with peer: Int?, _ segment: Int, _ treeNumber: Int, slot: Int) -> Transfer? {
    guard let peer, segment >= 0, segment < segmentsPerTree else { return nil }
    let index = treeNumber * segmentsPerTree + segment
    return Transfer(peer: peer, round: 3 * index + slot, layout: layout, start: index)
  }
}
