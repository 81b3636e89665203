import Quantities
import Testing

@testable import Tensors

@Suite("Shapes and costs of operations")
struct OperationCostTests {
  let bench = Bench()

  @Test("linear")
  func linear() throws {
    let input = try bench.tensor([2, 3, 8], .float16)
    let weight = try bench.tensor([16, 8], .float16)
    let result = try input.linear(weight)
    #expect(result.shape == [2, 3, 16])
    bench.expectCost(2 * 6 * 8 * 16, 2 * (48 + 128), 2 * 96)
    #expect(bench.accounting.records.last?.description == "linear rows=6 inputs=8 outputs=16 bias=0 float16")

    _ = try input.linear(weight, bias: bench.tensor([16], .float16))
    bench.expectCost(2 * 6 * 8 * 16 + 96, 2 * (48 + 128 + 16), 2 * 96)
  }

  @Test("matmul")
  func matmul() throws {
    let product = try bench.tensor([5, 2, 3]).matmul(bench.tensor([5, 3, 7]))
    #expect(product.shape == [5, 2, 7])
    bench.expectCost(2 * 5 * 2 * 3 * 7, 4 * (30 + 105), 4 * 70)
  }

  @Test("grouped causal attention")
  func groupedCausalAttention() throws {
    let queries = try bench.tensor([2, 3, 8, 4], .bfloat16)
    let keys = try bench.tensor([2, 10, 2, 4], .bfloat16)
    let result = try queries.attention(keys: keys, values: keys, causalOffset: 5)
    #expect(result.shape == queries.shape)
    // Queries at positions 5, 6, 7 see 6, 7 and 8 keys; keys 8 and 9 are never read.
    bench.expectCost(4 * 2 * 8 * 4 * 21, 2 * (192 + 2 * (2 * 8 * 2 * 4)), 2 * 192)
  }

  @Test("Pairs a causal mask lets through, against counting them one by one")
  func visiblePairs() {
    for queryCount in 0..<7 {
      for keyCount in 0..<9 {
        for offset in 0..<10 {
          let counted = (0..<queryCount).reduce(0) { $0 + min(keyCount, offset + $1 + 1) }
          let formula = Operation.visiblePairs(queryCount: queryCount, keyCount: keyCount, causalOffset: offset)
          #expect(formula == counted, "\(queryCount) queries, \(keyCount) keys, offset \(offset)")
        }
      }
    }
    #expect(Operation.visiblePairs(queryCount: 3, keyCount: 5, causalOffset: nil) == 15)
  }

  @Test("Pairs within a window, against counting them one by one")
  func visiblePairsInWindow() {
    for queryCount in 0..<6 {
      for keyCount in 0..<8 {
        for offset in 0..<8 {
          for window in 1..<9 {
            var counted = 0
            for query in offset..<offset + queryCount {
              counted += (0..<keyCount).count { $0 <= query && $0 > query - window }
            }
            let formula = Operation.visiblePairs(
              queryCount: queryCount, keyCount: keyCount, causalOffset: offset, window: window)
            #expect(formula == counted, "\(queryCount) queries, \(keyCount) keys, offset \(offset), window \(window)")
          }
        }
      }
    }
  }

  @Test("attention to window")
  func attentionToWindow() throws {
    let queries = try bench.tensor([2, 3, 8, 4], .bfloat16)
    let keys = try bench.tensor([2, 10, 2, 4], .bfloat16)
    _ = try queries.attention(keys: keys, values: keys, causalOffset: 5, window: 4)
    // Queries at positions 5, 6, 7 see keys 2 to 5, 3 to 6, 4 to 7.
    bench.expectCost(4 * 2 * 8 * 4 * 12, 2 * (192 + 2 * (2 * 6 * 2 * 4)), 2 * 192)
    #expect(throws: ShapeError.self) {
      try queries.attention(keys: keys, values: keys, causalOffset: nil, window: 4)
    }
  }

  @Test("embedding")
  func embedding() throws {
    let rows = try bench.tensor([2, 3], .int64).embedding(from: bench.tensor([100, 8], .float16))
    #expect(rows.shape == [2, 3, 8])
    #expect(rows.elementType == .float16)
    bench.expectCost(0, 48 + 96, 96)
  }

  @Test("row-wise operations")
  func rowWiseOperations() throws {
    let input = try bench.tensor([2, 5, 8])
    let parameter = try bench.tensor([8])
    #expect(try input.rmsNorm(weight: parameter, epsilon: 1e-5).shape == [2, 5, 8])
    bench.expectCost(4 * 80, 4 * 88, 4 * 80)
    #expect(try input.layerNorm(weight: parameter, bias: parameter, epsilon: 1e-5).shape == [2, 5, 8])
    bench.expectCost(7 * 80, 4 * 96, 4 * 80)
    #expect(try input.softmax().shape == [2, 5, 8])
    bench.expectCost(5 * 80, 4 * 80, 4 * 80)
    let indices = try input.argmax()
    #expect(indices.shape == [2, 5] && indices.elementType == .int64)
    bench.expectCost(80, 320, 80)
  }

  @Test("operations of encoders")
  func operationsOfEncoders() throws {
    let rows = try bench.tensor([2, 5, 8])
    #expect(try rows.normalized().shape == [2, 5, 8])
    bench.expectCost(3 * 80, 320, 320)
    #expect(try rows.meanOverPositions().shape == [2, 8])
    bench.expectCost(80 + 16, 320, 64)
    let counts = try bench.tensor([2], .int64)
    #expect(try rows.meanOverPositions(counts: counts).shape == [2, 8])
    bench.expectCost(80 + 16, 320 + 16, 64)
    #expect(bench.accounting.records.last?.description == "mean batch=2 positions=5 columns=8 float32")
    let images = try bench.tensor([2, 3, 8, 12], .bfloat16)
    #expect(try images.patches(size: 4).shape == [2, 6, 48])
    bench.expectCost(0, 2 * 576, 2 * 576)
    #expect(throws: ShapeError.self) { try images.patches(size: 5) }

    let heads = try bench.tensor([2, 5, 4, 6])
    #expect(try heads.attention(keys: heads, values: heads, keyCounts: counts).shape == heads.shape)
    // Padded pairs are computed all the same.
    bench.expectCost(4 * 2 * 4 * 6 * 25, 3 * 960 + 16, 960)
    #expect(throws: ShapeError.self) {
      try heads.attention(keys: heads, values: heads, keyCounts: bench.tensor([3], .int64))
    }
    #expect(throws: ShapeError.self) { try rows.meanOverPositions(counts: bench.tensor([2])) }
  }

  @Test("elementwise operations")
  func elementwiseOperations() throws {
    let input = try bench.tensor([2, 3, 4, 6], .bfloat16)
    _ = try input.silu()
    bench.expectCost(4 * 144, 288, 288)
    _ = try input.gelu()
    bench.expectCost(9 * 144, 288, 288)
    _ = try input.exactGELU()
    bench.expectCost(5 * 144, 288, 288)
    _ = try input.quickGELU()
    bench.expectCost(5 * 144, 288, 288)
    _ = try input.tanh()
    bench.expectCost(144, 288, 288)
    _ = try input.exponential()
    bench.expectCost(144, 288, 288)
    _ = try input + input
    bench.expectCost(144, 576, 288)
    _ = try input * bench.tensor([4, 6], .bfloat16)
    bench.expectCost(144, 288 + 48, 288)
    _ = try input.rotated(by: RotaryEmbedding(base: 10_000), position: 7)
    bench.expectCost(3 * 144, 288 + 2 * 3 * 6, 288)
    let wide = try input.cast(to: .float32)
    #expect(wide.elementType == .float32)
    bench.expectCost(0, 288, 576)
  }

  @Test("concatenation and copy")
  func concatenationAndCopy() throws {
    let joined = try Tensor.concatenate([bench.tensor([2, 3]), bench.tensor([2, 5])], axis: 1)
    #expect(joined.shape == [2, 8])
    bench.expectCost(0, 64, 64)
    try joined.copy(bench.tensor([2, 2]), intoAxis: 1, at: 6)
    bench.expectCost(0, 16, 16)
  }

  @Test("every kind names its sizes")
  func everyKindNamesItsSizes() {
    for kind in OperationKind.allCases {
      #expect((1...8).contains(kind.sizeNames.count))
      #expect(kind.label.description == "\(kind.rawValue) result")
    }
  }
}
