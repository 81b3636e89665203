import Uniference

/// Programs that are wrong: each must end every rank with an error that says what.
struct Mistakes {
  let rank: Rank

  /// One rank reduces other elements than the others, after all have agreed for a while.
  func mismatchTypes() async throws {
    for _ in 0..<3 { _ = try await rank.world.allReduce(tensor([4], .float32)) }
    _ = try await rank.world.allReduce(tensor([4], rank.index == 1 ? .int32 : .float32))
  }

  /// One rank broadcasts more elements than the others.
  func mismatchSizes() async throws {
    _ = try await rank.world.broadcast(tensor([rank.index == 1 ? 6 : 4], .float32), root: 0)
  }

  /// One rank goes once more through a loop, so that its next call is one that has been agreed on before.
  func callOnceMore() async throws {
    for _ in 0..<(rank.index == 0 ? 5 : 4) { _ = try await rank.world.allReduce(tensor([4], .float32)) }
  }

  /// One rank fails while the others wait for it.
  func throwOnOneRank() async throws {
    if rank.index == 1 { throw Refusal() }
    _ = try await rank.world.allReduce(tensor([4], .float32))
  }

  /// One rank's process ends while the others wait for it.
  func leaveEarly() async throws {
    _ = try await rank.world.allReduce(tensor([4], .float32))
    if rank.index == 1 { fatalExit() }
    _ = try await rank.world.receive(Tensor.self, from: 1)
  }

  private func tensor(_ shape: [Int], _ elementType: ElementType) throws -> Tensor {
    try Tensor(uninitialized: shape, elementType: elementType, on: rank.device, label: "test")
  }
}

/// What one rank throws.
struct Refusal: Error, CustomStringConvertible {
  var description: String { "rank 1 has had enough" }
}
