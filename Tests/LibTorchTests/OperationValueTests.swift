import Foundation
import LibTorch
import Quantities
import Tensors
import Testing

/// Each operation against loops that say what it means, on seeded random shapes.
extension TorchTests {
  @Suite("Operations on libtorch")
  struct OperationValueTests {
    static let seeds = Array(UInt64(0)..<40)

    private func length(_ range: ClosedRange<Int>, _ bench: inout TorchBench) -> Int {
      Int.random(in: range, using: &bench.random)
    }

    @Test("Linear is the product with each row of the weight, plus the bias", arguments: seeds)
    func linear(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (rows, inputs, outputs) = (length(1...5, &bench), length(1...9, &bench), length(1...7, &bench))
      let (input, x) = try bench.tensor([1, rows, inputs])
      let (weight, w) = try bench.tensor([outputs, inputs])
      let (bias, b) = try bench.tensor([outputs])
      let products = x.rows.flatMap { row in w.rows.map { zip(row, $0).reduce(Float(0)) { $0 + $1.0 * $1.1 } } }
      try expectClose(input.linear(weight), products, "seed \(seed)")
      let shifted = products.indices.map { products[$0] + b.values[$0 % outputs] }
      try expectClose(input.linear(weight, bias: bias), shifted, "seed \(seed)")
    }

    @Test("The matrix product over the last two axes", arguments: seeds)
    func matmul(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (batch, rows, inner, columns) = (
        length(1...3, &bench), length(1...4, &bench), length(1...5, &bench), length(1...4, &bench)
      )
      let (left, a) = try bench.tensor([batch, rows, inner])
      let (right, b) = try bench.tensor([batch, inner, columns])
      var expected: [Float] = []
      for entry in 0..<batch {
        for row in 0..<rows {
          for column in 0..<columns {
            expected.append(
              (0..<inner).reduce(Float(0)) {
                $0 + a.values[(entry * rows + row) * inner + $1] * b.values[(entry * inner + $1) * columns + column]
              })
          }
        }
      }
      try expectClose(left.matmul(right), expected, "seed \(seed)")
    }

    @Test("Attention mixes the values that a query may see by the softmax of its scores", arguments: seeds)
    func attention(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (batch, queries, size) = (length(1...2, &bench), length(1...5, &bench), 2 * length(1...4, &bench))
      let keyValueHeads = length(1...3, &bench)
      let heads = keyValueHeads * length(1...3, &bench)
      let offset = Bool.random(using: &bench.random) ? length(0...4, &bench) : nil
      let keys = max(1, (offset ?? 0) + length(0...6, &bench))
      let (q, queryValues) = try bench.tensor([batch, queries, heads, size])
      let (k, keyValues) = try bench.tensor([batch, keys, keyValueHeads, size])
      let (v, valueValues) = try bench.tensor([batch, keys, keyValueHeads, size])
      var expected: [Float] = []
      for entry in 0..<batch {
        for query in 0..<queries {
          for head in 0..<heads {
            let group = head / (heads / keyValueHeads)
            let own = queryValues.rows[(entry * queries + query) * heads + head]
            let seen = (0..<keys).filter { key in offset.map { key <= $0 + query } ?? true }
            let rows = seen.map { (entry * keys + $0) * keyValueHeads + group }
            let scores = rows.map { row in
              zip(own, keyValues.rows[row]).reduce(Float(0)) { $0 + $1.0 * $1.1 } / Float(size).squareRoot()
            }
            let weights = softmax(scores)
            expected += (0..<size).map { column in
              zip(weights, rows).reduce(Float(0)) { $0 + $1.0 * valueValues.rows[$1.1][column] }
            }
          }
        }
      }
      let comment: Comment = "seed \(seed): \(queries) queries, \(keys) keys, offset \(String(describing: offset))"
      try expectClose(q.attention(keys: k, values: v, causalOffset: offset), expected, comment)
    }

    @Test("Looking up gives rows, and zeros for indices of other devices", arguments: seeds)
    func embedding(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (rows, columns, first) = (length(1...6, &bench), length(1...4, &bench), length(0...5, &bench))
      let (table, t) = try bench.tensor([rows, columns])
      let indices = (0..<7).map { _ in Int.random(in: 0..<rows + first + 3, using: &bench.random) }
      let tokens = try Tensor(indices, shape: [1, 7], on: bench.device, label: "test")
      let expected = indices.flatMap { index in
        (first..<first + rows).contains(index) ? t.rows[index - first] : Array(repeating: 0, count: columns)
      }
      try expectClose(tokens.embedding(from: table, firstIndex: first), expected, "seed \(seed)")
    }

    @Test("Row-wise operations", arguments: seeds)
    func rowWise(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (rows, columns) = (length(1...5, &bench), length(1...9, &bench))
      let (input, x) = try bench.tensor([rows, columns])
      let (weight, w) = try bench.tensor([columns])
      let (bias, b) = try bench.tensor([columns])
      try expectClose(input.softmax(), x.rows.flatMap(softmax), "softmax, seed \(seed)")
      #expect(try input.argmax().integers() == x.rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 })
      let rms = x.rows.flatMap { row in
        let scale = 1 / (row.reduce(Float(0)) { $0 + $1 * $1 } / Float(columns) + 1e-5).squareRoot()
        return row.indices.map { row[$0] * scale * w.values[$0] }
      }
      try expectClose(input.rmsNorm(weight: weight, epsilon: 1e-5), rms, "rmsNorm, seed \(seed)")
      let normalized = x.rows.flatMap { row in
        let mean = row.reduce(0, +) / Float(columns)
        let variance = row.reduce(Float(0)) { $0 + ($1 - mean) * ($1 - mean) } / Float(columns)
        return row.indices.map { (row[$0] - mean) / (variance + 1e-3).squareRoot() * w.values[$0] + b.values[$0] }
      }
      try expectClose(
        input.layerNorm(weight: weight, bias: bias, epsilon: 1e-3), normalized, tolerance: 1e-4,
        "layerNorm, seed \(seed)")
    }

    @Test("Element-wise operations", arguments: seeds)
    func elementWise(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (rows, columns) = (length(1...5, &bench), length(1...9, &bench))
      let (left, a) = try bench.tensor([rows, columns])
      let (right, b) = try bench.tensor([columns])
      try expectClose(left.silu(), a.values.map { $0 / (1 + exp(-$0)) }, "silu, seed \(seed)")
      try expectClose(left + right, a.values.indices.map { a.values[$0] + b.values[$0 % columns] }, "add, seed \(seed)")
      try expectClose(left * right, a.values.indices.map { a.values[$0] * b.values[$0 % columns] }, "*, seed \(seed)")
      let half = try left.cast(to: .bfloat16)
      #expect(half.elementType == .bfloat16)
      try expectClose(half, a.values, tolerance: 1 / 256, "cast, seed \(seed)")
    }

    @Test("A head's halves turn by position times frequency", arguments: seeds)
    func rotary(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (positions, heads, half) = (length(1...4, &bench), length(1...3, &bench), length(1...4, &bench))
      let position = length(0...100, &bench)
      let embedding = RotaryEmbedding(base: 10_000)
      let (input, x) = try bench.tensor([1, positions, heads, 2 * half])
      var expected: [Float] = []
      for (index, row) in x.rows.enumerated() {
        let angles = (0..<half).map { pair in
          Double(position + index / heads) * pow(10_000, -Double(pair) / Double(half))
        }
        let (cosines, sines) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })
        for pair in 0..<half { expected.append(row[pair] * cosines[pair] - row[pair + half] * sines[pair]) }
        for pair in 0..<half { expected.append(row[pair + half] * cosines[pair] + row[pair] * sines[pair]) }
      }
      try expectClose(input.rotated(by: embedding, position: position), expected, "seed \(seed)")
    }

    @Test("Concatenating and copying put entries where they belong", arguments: seeds)
    func movement(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (outer, first, second, inner) = (
        length(1...3, &bench), length(1...3, &bench), length(1...3, &bench), length(1...3, &bench)
      )
      let (left, a) = try bench.tensor([outer, first, inner])
      let (right, b) = try bench.tensor([outer, second, inner])
      var expected: [Float] = []
      for entry in 0..<outer {
        expected += a.values[entry * first * inner..<(entry + 1) * first * inner]
        expected += b.values[entry * second * inner..<(entry + 1) * second * inner]
      }
      let joined = try Tensor.concatenate([left, right], axis: 1)
      try expectClose(joined, expected, "seed \(seed)")
      let (target, _) = try bench.tensor([outer, first + second, inner])
      try target.copy(left, intoAxis: 1, at: 0)
      try target.copy(right, intoAxis: 1, at: first)
      try expectClose(target, expected, "seed \(seed)")
      try expectClose(target.narrowed(axis: 1, to: first..<first + second), b.values, "seed \(seed)")
    }

    private func softmax(_ row: [Float]) -> [Float] {
      let largest = row.max() ?? 0
      let powers = row.map { exp($0 - largest) }
      let sum = powers.reduce(0, +)
      return powers.map { $0 / sum }
    }
  }
}
