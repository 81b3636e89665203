/// A member's place in one of the two trees of ``DoubleBinaryTree``.
struct BinaryTreePosition: Sendable {
  private let parentRank: Int32
  private let leftRank: Int32
  private let rightRank: Int32
  /// Hops to the root, doubled, plus one for a left child: they share a word to keep machines small.
  private let depthAndSide: Int32

  /// Ranks; `nil` where there is none.
  var parent: Int? { parentRank < 0 ? nil : Int(parentRank) }
  var left: Int? { leftRank < 0 ? nil : Int(leftRank) }
  var right: Int? { rightRank < 0 ? nil : Int(rightRank) }
  /// Hops to the root.
  var depth: Int { Int(depthAndSide >> 1) }
  var isLeftChild: Bool { depthAndSide & 1 == 1 }

  /// The root feeds a binary tree of the other members in which in-order numbering makes the odd places leaves. The
  /// second tree shifts the members by one place, or mirrors them, so that the leaves of one tree are inner nodes of
  /// the other.
  init(rank: Int, size: Int, root: Int, isSecond: Bool) {
    let position = (rank - root + size) % size
    func place(of position: Int) -> Int {
      if position == 0 || !isSecond { return position }
      if size % 2 == 1 { return size - position }
      return position == size - 1 ? 1 : position + 1
    }
    func memberRank(at place: Int) -> Int32 {
      var position = place
      if isSecond, place > 0 { position = size % 2 == 1 ? size - place : (place == 1 ? size - 1 : place - 1) }
      return Int32((position + root) % size)
    }
    let own = place(of: position)
    let parentPlace = Self.parent(of: own, size: size)
    let children = Self.children(of: own, size: size)
    parentRank = parentPlace.map { memberRank(at: $0) } ?? -1
    leftRank = children.left.map { memberRank(at: $0) } ?? -1
    rightRank = children.right.map { memberRank(at: $0) } ?? -1
    var hops: Int32 = 0
    var ancestor = parentPlace
    while let current = ancestor {
      hops += 1
      ancestor = Self.parent(of: current, size: size)
    }
    let isLeftChild = parentPlace.map { own < $0 } ?? false
    depthAndSide = hops << 1 | (isLeftChild ? 1 : 0)
  }

  /// The place one level up: the lowest set bit moves up by one, or falls away where that place does not exist.
  static func parent(of place: Int, size: Int) -> Int? {
    if place == 0 { return nil }
    let bit = place & -place
    let above = (place ^ bit) | bit << 1
    return above < size ? above : place ^ bit
  }

  static func children(of place: Int, size: Int) -> (left: Int?, right: Int?) {
    if place == 0 { return (nil, size > 1 ? 1 << (size.binaryDepth - 1) : nil) }
    let bit = place & -place
    if bit == 1 { return (nil, nil) }
    var step = bit >> 1
    while step > 0, place + step >= size { step >>= 1 }
    return (place - bit >> 1, step > 0 ? place + step : nil)
  }
}
