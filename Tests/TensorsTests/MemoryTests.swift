import Communication
import Quantities
import Tensors
import Testing

@Suite("Live memory")
struct MemoryTests {
  @Test("memory lives as long as the tensor")
  func memoryLivesAsLongAsTheTensor() throws {
    let bench = Bench()
    do {
      let input = try bench.tensor([4, 8])
      #expect(bench.accounting.liveBytes == 128)
      let doubled = try input + input
      #expect(bench.accounting.liveBytes == 256)
      withExtendedLifetime(doubled) {}
    }
    #expect(bench.accounting.liveBytes == 0)
    #expect(bench.accounting.peakBytes == 256)
  }

  @Test("views share storage and cost nothing")
  func viewsShareStorageAndCostNothing() throws {
    let bench = Bench()
    var view: Tensor?
    do {
      let input = try bench.tensor([4, 8])
      view = try input.reshaped(to: [2, 2, 8]).narrowed(axis: 1, to: 0..<1)
    }
    #expect(view?.shape == [2, 1, 8])
    #expect(bench.accounting.liveBytes == 128)
    #expect(bench.accounting.records.isEmpty)
    view = nil
    #expect(bench.accounting.liveBytes == 0)
  }

  @Test("exhausted memory throws and takes nothing")
  func exhaustedMemoryThrowsAndTakesNothing() throws {
    let bench = Bench(capacity: 300)
    let input = try bench.tensor([4, 8])
    let second = try bench.tensor([4, 8])
    #expect(throws: RecordingAccounting.OutOfMemory(wanted: 128, free: 44)) { try input + second }
    #expect(bench.accounting.records.isEmpty)
    #expect(bench.accounting.liveBytes == 256)
  }

  @Test("messages take no memory until placed")
  func messagesTakeNoMemoryUntilPlaced() throws {
    let bench = Bench()
    let input = try bench.tensor([4, 8], .bfloat16)
    let part = input.elements(in: 8..<20)
    let joined = Tensor.concatenating([part, input])
    let reduced = Tensor.reducing([input, input], with: .sum)
    #expect(part.shape == [12] && joined.shape == [44] && reduced.shape == [4, 8])
    #expect(joined.byteCount == 88 && joined.elementName == "bfloat16")
    #expect(joined.device == nil)
    #expect(bench.accounting.liveBytes == 64)

    let placed = try joined.placed(on: bench.device)
    #expect(placed.device === bench.device)
    #expect(bench.accounting.liveBytes == 64 + 88)
    #expect(bench.accounting.records.isEmpty)
  }
}
