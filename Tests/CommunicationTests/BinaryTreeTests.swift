import Testing

@testable import Communication

/// The two trees of the double binary tree.
@Suite struct BinaryTreeTests {
  @Test("both trees reach everybody at logarithmic depth and agree about parents and children", arguments: 1...70)
  func bothTreesReachEverybodyAtLogarithmicDepthAndAgreeAboutParentsAndChildren(size: Int) {
    for root in [0, size / 2, size - 1] {
      for isSecond in [false, true] {
        let tree = (0..<size).map { BinaryTreePosition(rank: $0, size: size, root: root, isSecond: isSecond) }
        for rank in 0..<size {
          let member = tree[rank]
          #expect((member.parent == nil) == (rank == root))
          #expect(member.depth <= size.binaryDepth)
          if let parent = member.parent {
            #expect((member.isLeftChild ? tree[parent].left : tree[parent].right) == rank)
            #expect(member.depth == tree[parent].depth + 1)
          }
          for child in [member.left, member.right].compactMap({ $0 }) { #expect(tree[child].parent == rank) }
        }
      }
    }
  }

  @Test("an inner member of one tree is a leaf of the other", arguments: 2...70)
  func anInnerMemberOfOneTreeIsALeafOfTheOther(size: Int) {
    for rank in 1..<size {
      let isInner = [false, true].map { isSecond in
        let member = BinaryTreePosition(rank: rank, size: size, root: 0, isSecond: isSecond)
        return member.left != nil || member.right != nil
      }
      #expect(!(isInner[0] && isInner[1]), "rank \(rank) of \(size)")
    }
  }
}
