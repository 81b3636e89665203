/// All-reduce, broadcast and reduce over two binary trees with half of the data each, in segments that follow each
/// other up and down.
///
/// A member that is an inner node of one tree is a leaf of the other one, so that all links are used in full: with many
/// segments a broadcast or reduce takes about ceil(log2 N) alpha + S / B, an all-reduce twice as long.
/// Source: Sanders, Speck and Träff, Two-tree algorithms for full bandwidth broadcast, reduction and scan, 2009. NCCL's
/// tree all-reduce has these trees (`src/graph/trees.cc`), with a root of its own for each one; here both have the
/// same.
///
/// All members count turns. A member at depth `d` of `D` sends segment `u` up in turn `u + lead (D - d)`, when its
/// children have sent it `lead` turns before, and segment `w` down in turn `w + lead (D + d)`, when its parent has. So
/// a member's parts in the two trees never wait for each other's, though their depths differ, and receives, posted
/// `lead` turns before they are awaited, are posted in the order in which the peer sends.
struct DoubleBinaryTree: ExchangeSchedule {
  let layout: BlockLayout
  private let first: BinaryTreePosition
  private let second: BinaryTreePosition
  /// No member is deeper in either tree.
  private let depth: UInt8
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
    depth = UInt8(shape.size.binaryDepth)
    reduces = shape.operation != .broadcast
    distributes = shape.operation != .reduce
  }

  /// Exchanges for one segment in one tree: from either child, from the parent, to the parent, to either child.
  private static let exchangesPerTurn = 6
  /// Turns between sending a segment and needing it: enough to keep two segments of each tree on the way.
  private static let lead = 2
  private var segmentsPerTree: Int { layout.count / 2 }

  var endStep: Int { (segmentsPerTree + 2 * Self.lead * Int(depth)) * 2 * Self.exchangesPerTurn }
  var endIteration: Int { endStep }

  /// The receives of an earlier turn end just before the sends that need them.
  func stepEnding(in iteration: Int) -> Int {
    switch iteration % Self.exchangesPerTurn {
    case 2, 3, 4: iteration - 2 - Self.lead * 2 * Self.exchangesPerTurn
    default: -1
    }
  }

  func exchange(at step: Int) -> Exchange {
    let (turnAndTree, part) = step.quotientAndRemainder(dividingBy: Self.exchangesPerTurn)
    let treeNumber = turnAndTree & 1
    let turn = turnAndTree >> 1
    let tree = treeNumber == 0 ? first : second
    let rising = reduces ? turn - Self.lead * (Int(depth) - tree.depth) : -Self.lead - 1
    let falling = distributes ? turn - Self.lead * (Int(depth) + tree.depth) : -Self.lead - 1
    switch part {
    case 0: return Exchange(receive: transfer(tree.left, rising + Self.lead, treeNumber, slot: 0), combines: true)
    case 1: return Exchange(receive: transfer(tree.right, rising + Self.lead, treeNumber, slot: 1), combines: true)
    case 2: return Exchange(receive: transfer(tree.parent, falling + Self.lead, treeNumber, slot: 2))
    case 3: return Exchange(send: transfer(tree.parent, rising, treeNumber, slot: tree.isLeftChild ? 0 : 1))
    case 4: return Exchange(send: transfer(tree.left, falling, treeNumber, slot: 2))
    default: return Exchange(send: transfer(tree.right, falling, treeNumber, slot: 2))
    }
  }

  /// - Parameter slot: what tells the receiver's messages for one segment apart: from its left child, from its right
  /// child, from its parent.
  private func transfer(_ peer: Int?, _ segment: Int, _ treeNumber: Int, slot: Int) -> Transfer? {
    guard let peer, segment >= 0, segment < segmentsPerTree else { return nil }
    let index = treeNumber * segmentsPerTree + segment
    return Transfer(peer: peer, round: 3 * index + slot, layout: layout, start: index)
  }
}
