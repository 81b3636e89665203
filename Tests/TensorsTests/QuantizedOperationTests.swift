import Quantities
import Testing

@testable import Tensors

@Suite("Costs of operations with quantized weights")
struct QuantizedOperationTests {
  let bench = Bench()

  private func weight(_ format: QuantizedFormat, _ elementType: ElementType = .bfloat16) throws -> Tensor {
    try Tensor(
      uninitialized: [16, 256], elementType: elementType, format: format, on: bench.device, label: "linear weights")
  }

  @Test("weights alone: converted once, computed in the activations' type")
  func weightOnly() throws {
    let input = try bench.tensor([3, 256], .bfloat16)
    _ = try input.linear(weight(.int8))
    bench.expectCost(2 * 3 * 256 * 16 + 2 * 4096, 2 * 3 * 256 + (4096 + 32), 2 * 3 * 16)
    #expect(
      bench.accounting.records.last?.description == "linear rows=3 inputs=256 outputs=16 bias=0 bfloat16 of int8")
    _ = try input.linear(weight(.int4(groupSize: 32, zeroBits: 16)))
    bench.expectCost(2 * 3 * 256 * 16 + 2 * 4096, 2 * 3 * 256 + (2048 + 16 * 8 * 4), 2 * 3 * 16)
  }

  @Test("weights and activations: in the format's type, activations written and read once more")
  func quantizedArithmetic() throws {
    let input = try bench.tensor([3, 256], .bfloat16)
    _ = try input.linear(weight(.float8Channels))
    bench.expectCost(2 * 3 * 256 * 16 + 3 * 768, 2 * 768 + (4096 + 64) + 768, 2 * 3 * 16 + 768)
    #expect(bench.accounting.records.last?.elementType == .float8)
    let blocks = try #require(QuantizedFormat.ggml(.q4_K))
    let result = try bench.tensor([3, 256], .float32).linear(weight(blocks, .float32))
    #expect(result.elementType == .float32)
    bench.expectCost(2 * 3 * 256 * 16 + 4096 + 3 * 768, 4 * 768 + 16 * 144 + 768, 4 * 3 * 16 + 768)
    #expect(bench.accounting.records.last?.typeDescription == "int8 of Q4_K")
  }

  @Test("formats are told apart in the key of a recording")
  func keys() throws {
    let input = try bench.tensor([3, 256], .bfloat16)
    for kind in [QuantizedFormat.Kind.q4_K, .q6_K] {
      _ = try input.linear(weight(#require(QuantizedFormat.ggml(kind))))
    }
    _ = try input.linear(bench.tensor([16, 256], .bfloat16))
    #expect(Set(bench.accounting.records).count == 3)
  }

  @Test("a lookup reads the rows as they are stored")
  func embedding() throws {
    let table = try weight(#require(QuantizedFormat.ggml(.q6_K)))
    let rows = try bench.tensor([5], .int64).embedding(from: table)
    #expect(rows.elementType == .bfloat16)
    bench.expectCost(2 * 5 * 256, 5 * 8 + 5 * 210, 2 * 5 * 256)
  }

  @Test("keys and values of another type are converted as they are kept and read in it")
  func cache() throws {
    let cache = try bench.tensor([1, 8, 2, 4], .float8)
    let keys = try bench.tensor([1, 3, 2, 4], .bfloat16)
    try cache.copy(keys, intoAxis: 1, at: 2)
    bench.expectCost(0, 2 * 24, 24)
    #expect(bench.accounting.records.last?.description == "copy elements=24 bfloat16 of float8")
    let queries = try bench.tensor([1, 1, 8, 4], .bfloat16)
    _ = try queries.attention(keys: cache, values: cache, causalOffset: 7)
    bench.expectCost(4 * 8 * 4 * 8, 2 * 32 + 2 * 8 * 8, 2 * 32)
  }

  @Test("memory is that of the format, and only matrices have one")
  func memory() throws {
    let weight = try weight(#require(QuantizedFormat.ggml(.q4_0)))
    #expect(weight.byteSize == 16 * 8 * 18)
    #expect(throws: ShapeError.self) {
      try Tensor(uninitialized: [32], elementType: .float32, format: .int8, on: bench.device, label: "weights")
    }
  }
}
