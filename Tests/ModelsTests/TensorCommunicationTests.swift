import Communication
import Quantities
import Tensors
import Testing

@Suite("Tensors between devices")
struct TensorCommunicationTests {
  let world = InProcessWorld(size: 2)
  let accounts = [CountingAccounting(capacity: 1000), CountingAccounting(capacity: 1000)]

  private func tensor(_ rank: Int, _ shape: [Int]) throws -> Tensor {
    try Tensor(
      uninitialized: shape, elementType: .float32, on: ShapeDevice(accounting: accounts[rank]), label: "test")
  }

  @Test("The sender's memory is free once it drops its work, the receiver's is its own")
  func sendAndReceive() async throws {
    let (left, right) = (world.communicator(rank: 0), world.communicator(rank: 1))
    var sent: Tensor? = try tensor(0, [4, 5])
    var sending: Work<Void>? = try sent.map { try left.startSend($0, to: 1) }
    sent = nil
    #expect(accounts[0].state.liveBytes == 80)
    let device = ShapeDevice(accounting: accounts[1])
    let receiving = try right.startReceive(shape: [20], elementType: .float32, on: device, from: 0)
    #expect(accounts[1].state.liveBytes == 80)
    let received = try await receiving.wait()
    #expect(received.shape == [20] && received.device === device)
    try await sending?.wait()
    sending = nil
    #expect(accounts[0].state.liveBytes == 0)
    #expect(accounts[1].state.liveBytes == 80)
  }

  @Test("receiving something else")
  func receivingSomethingElse() async throws {
    let (left, right) = (world.communicator(rank: 0), world.communicator(rank: 1))
    let sending = try left.startSend(tensor(0, [4, 5]), to: 1)
    let error = try await #require(throws: ReceiveMismatchError.self) {
      try await right.receive(
        shape: [21], elementType: .float32, on: ShapeDevice(accounting: accounts[1]), from: 0)
    }
    #expect(error.description == "rank 0 sent [4, 5] float32 where [21] float32 is expected")
    try await sending.wait()
  }

  @Test("Memory for what will arrive is taken before a collective starts")
  func exhaustedReceiveBuffer() throws {
    let large = try tensor(0, [200])
    #expect(throws: CountingAccounting.OutOfMemory(label: "receive buffer", chargedOperations: 0)) {
      try world.communicator(rank: 0).startAllReduce(large)
    }
    #expect(world.calls.isEmpty)
  }

  @Test("Uneven all-gather along an inner axis copies the blocks into order")
  func unevenAllGather() async throws {
    let (left, right) = (world.communicator(rank: 0), world.communicator(rank: 1))
    let first = try left.startAllGather(tensor(0, [2, 1, 3]), axis: 1, counts: [1, 4])
    let second = try right.startAllGather(tensor(1, [2, 4, 3]), axis: 1, counts: [1, 4])
    for gathered in [try await first.wait(), try await second.wait()] { #expect(gathered.shape == [2, 5, 3]) }
    #expect(accounts.map { $0.state.counts } == [[.concatenate: 1], [.concatenate: 1]])

    let flat = try left.startAllGather(tensor(0, [1, 1, 3]), axis: 1, counts: [1, 4])
    _ = try right.startAllGather(tensor(1, [1, 4, 3]), axis: 1, counts: [1, 4])
    #expect(try await flat.wait().shape == [1, 5, 3])
    #expect(accounts[0].state.operationCount == 1)
  }

  @Test("counts that do not fit")
  func countsThatDoNotFit() throws {
    let error = try #require(throws: ShapeError.self) {
      try world.communicator(rank: 0).startAllGather(tensor(0, [2, 3]), axis: 1, counts: [2, 3])
    }
    #expect(
      error.description
        == "allGather of [2, 3] and [2, 3]: counts need one length for each of 2 members, "
        + "this one's equal to that of axis 1")
  }
}
