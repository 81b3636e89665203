import Testing

@testable import PyTorchBridge

@Suite struct TensorPayloadTests {
  /// Slices of slices and concatenations name the same bytes as the same done to a plain array of byte numbers.
  @Test("slices name the bytes that an array would")
  func slicesNameTheBytesThatAnArrayWould() {
    for seed in 0..<2000 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let owner = PlayedRank()
      let size = [DataType.uint8, .bfloat16, .float32, .complex128].randomElement(using: &random)!
      var reference: [Int] = []
      var payload = TensorPayload(elementCount: 0, dataType: size, content: .pieces([]))
      for block in 0..<UInt32.random(in: 1...4, using: &random) {
        let count = Int.random(in: 0...20, using: &random)
        let part = whole(count, size, owner, block: block + 1)
        payload = TensorPayload.concatenating([payload, part])
        reference += (0..<count * size.byteCount).map { Int(block + 1) * 1_000_000 + $0 }
      }
      for _ in 0..<3 {
        let low = Int.random(in: 0...payload.elementCount, using: &random)
        let high = Int.random(in: low...payload.elementCount, using: &random)
        payload = payload.elements(in: low..<high)
        reference = Array(reference[low * size.byteCount..<high * size.byteCount])
      }
      #expect(byteNumbers(payload) == reference, "seed \(seed)")
    }
  }

  @Test("a slice knows its place in the whole")
  func aSliceKnowsItsPlaceInTheWhole() {
    let payload = whole(12, .float32, PlayedRank(), block: 1).elements(in: 4..<12).elements(in: 2..<5)
    #expect(payload.start == 6)
    #expect(payload.wholeCount == 12)
    #expect(payload.elementCount == 3)
  }

  @Test("a block is released with its last reference")
  func aBlockIsReleasedWithItsLastReference() {
    let owner = PlayedRank()
    var payload: TensorPayload? = whole(8, .int64, owner, block: 5)
    var slice = payload?.elements(in: 2..<3)
    payload = nil
    #expect(owner.link.takeReleased() == [])
    #expect(slice?.elementCount == 1)
    slice = nil
    #expect(owner.link.takeReleased() == [5])
    #expect(owner.link.takeReleased() == [])
  }

  @Test("a reduction is computed once and given to all who wait")
  func aReductionIsComputedOnceAndGivenToAllWhoWait() {
    let owner = PlayedRank()
    let contributions = (1...3).map { whole(4, .float32, owner, block: UInt32($0)) }
    let result = TensorPayload.reducing(contributions, with: .sum)
    guard case .reduced(let reduction, 0) = result.content else {
      Issue.record("\(result.content)")
      return
    }
    reduction.begin()
    var told: [UInt32] = []
    reduction.await { told.append($0.place.id) }
    reduction.await { told.append($0.place.id + 100) }
    reduction.finish(in: SharedBlock(owner: owner.link, place: BlockPlace(id: 9, segment: 1, offset: 0)))
    #expect(told == [9, 109])
    #expect(reduction.contributions.isEmpty)
  }

  @Test("what has no values stays without")
  func whatHasNoValuesStaysWithout() {
    let bare = TensorPayload(elementCount: 6, dataType: .float32, content: .sizeOnly)
    let sum = TensorPayload.reducing([bare, bare], with: .sum)
    guard case .sizeOnly = sum.content else {
      Issue.record("\(sum.content)")
      return
    }
    #expect(sum.byteCount == 24)
  }

  private func whole(_ count: Int, _ type: DataType, _ owner: PlayedRank, block: UInt32) -> TensorPayload {
    let place = BlockPlace(id: block, segment: 1, offset: UInt64(block) * 1_000_000)
    let piece = Piece(
      block: SharedBlock(owner: owner.link, place: place), offset: 0, byteCount: count * type.byteCount)
    return TensorPayload(elementCount: count, dataType: type, content: .pieces([piece]))
  }

  private func byteNumbers(_ payload: TensorPayload) -> [Int] {
    payload.pieces.flatMap { piece in
      (0..<piece.byteCount).map { Int(piece.block.place.offset) + piece.offset + $0 }
    }
  }
}
