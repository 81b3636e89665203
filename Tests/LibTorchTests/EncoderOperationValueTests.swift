import Foundation
import Tensors
import Testing

/// The operations of encoders against loops that say what they mean, on seeded random shapes.
extension TorchTests {
  @Suite("Operations of encoders on libtorch")
  struct EncoderOperationValueTests {
    private func length(_ range: ClosedRange<Int>, _ bench: inout TorchBench) -> Int {
      Int.random(in: range, using: &bench.random)
    }

    @Test("Activations", arguments: OperationValueTests.seeds)
    func activations(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (input, x) = try bench.tensor([length(1...5, &bench), length(1...9, &bench)])
      let root = Float(2).squareRoot()
      try expectClose(
        input.exactGELU(), x.values.map { $0 * (1 + erf($0 / root)) / 2 }, "exact GELU, seed \(seed)")
      try expectClose(input.quickGELU(), x.values.map { $0 / (1 + exp(-1.702 * $0)) }, "quick GELU, seed \(seed)")
      let cubic = x.values.map { Float(2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0) }
      try expectClose(
        input.gelu(), zip(x.values, cubic).map { $0 * (1 + tanh($1)) / 2 }, "GELU by tanh, seed \(seed)")
      try expectClose(input.tanh(), x.values.map { tanh($0) }, "tanh, seed \(seed)")
      try expectClose(input.exponential(), x.values.map { exp($0) }, "exponential, seed \(seed)")
    }

    @Test(
      "Normalized rows have the length 1, unless they are shorter than epsilon", arguments: OperationValueTests.seeds)
    func normalized(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (input, x) = try bench.tensor([length(1...5, &bench), length(1...9, &bench)])
      for epsilon in [1e-12, 2.5] {
        let expected = x.rows.flatMap { row in
          let norm = row.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
          return row.map { $0 / max(norm, Float(epsilon)) }
        }
        try expectClose(input.normalized(epsilon: epsilon), expected, "epsilon \(epsilon), seed \(seed)")
      }
    }

    @Test("Means of all positions and of each entry's first ones", arguments: OperationValueTests.seeds)
    func mean(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (batch, positions, columns) = (length(1...3, &bench), length(1...6, &bench), length(1...5, &bench))
      let (input, x) = try bench.tensor([batch, positions, columns])
      let counts = (0..<batch).map { _ in Int.random(in: 1...positions, using: &bench.random) }
      func means(_ counts: [Int]) -> [Float] {
        (0..<batch).flatMap { entry in
          let rows = x.rows[entry * positions..<entry * positions + counts[entry]]
          return (0..<columns).map { column in rows.reduce(Float(0)) { $0 + $1[column] } / Float(counts[entry]) }
        }
      }
      try expectClose(
        input.meanOverPositions(), means(Array(repeating: positions, count: batch)), "all, seed \(seed)")
      let firsts = try Tensor(counts, shape: [batch], on: bench.device, label: "test")
      try expectClose(input.meanOverPositions(counts: firsts), means(counts), "\(counts), seed \(seed)")
    }

    @Test("An entry's queries see its first keys", arguments: OperationValueTests.seeds)
    func attentionWithPadding(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (batch, queries, keys) = (length(1...3, &bench), length(1...4, &bench), length(1...6, &bench))
      let (keyValueHeads, size) = (length(1...2, &bench), length(1...5, &bench))
      let heads = keyValueHeads * length(1...2, &bench)
      let (q, _) = try bench.tensor([batch, queries, heads, size])
      let (k, _) = try bench.tensor([batch, keys, keyValueHeads, size])
      let (v, _) = try bench.tensor([batch, keys, keyValueHeads, size])
      let counts = (0..<batch).map { _ in Int.random(in: 1...keys, using: &bench.random) }
      let firsts = try Tensor(counts, shape: [batch], on: bench.device, label: "test")
      // One entry after another without its padding: attention to all keys, which has a test of its own.
      var expected: [Float] = []
      for (entry, count) in counts.enumerated() {
        func own(_ tensor: Tensor) throws -> Tensor { try tensor.narrowed(axis: 0, to: entry..<entry + 1) }
        expected += try own(q).attention(
          keys: own(k).narrowed(axis: 1, to: 0..<count), values: own(v).narrowed(axis: 1, to: 0..<count),
          causalOffset: nil
        ).floats()
      }
      try expectClose(q.attention(keys: k, values: v, keyCounts: firsts), expected, "\(counts), seed \(seed)")
    }

    @Test("Squares of an image, in the order channel, row, column", arguments: OperationValueTests.seeds)
    func patches(seed: UInt64) throws {
      var bench = try TorchBench(seed: seed)
      let (batch, channels, size) = (length(1...2, &bench), length(1...3, &bench), length(1...4, &bench))
      let (down, across) = (length(1...3, &bench), length(1...3, &bench))
      let (height, width) = (down * size, across * size)
      let (images, x) = try bench.tensor([batch, channels, height, width])
      var expected: [Float] = []
      for image in 0..<batch {
        for square in 0..<down * across {
          let (top, left) = (square / across * size, square % across * size)
          for channel in 0..<channels {
            for row in top..<top + size {
              for column in left..<left + size {
                expected.append(x.values[((image * channels + channel) * height + row) * width + column])
              }
            }
          }
        }
      }
      try expectClose(images.patches(size: size), expected, "seed \(seed)")
    }
  }
}
