import SimulationKernel
import Testing

@Suite("Random numbers")
struct RandomStreamTests {
  /// xoshiro256** seeded by SplitMix64, computed apart from this code.
  @Test("are the same on every machine")
  func golden() {
    var first = RandomStream(seed: 42)
    #expect(
      (0..<4).map { _ in first.next() } == [
        0x15780B2E0C2EC716, 0x6104D9866D113A7E, 0xAE17533239E499A1, 0xECB8AD4703B360A1,
      ])
    var second = RandomStream(seed: 42, stream: 7)
    #expect(
      (0..<4).map { _ in second.next() } == [
        0xAB0B230F7FC48E9A, 0x048B0576862255CA, 0x8F664D3DA4409262, 0x06ADDD70503A676C,
      ])
  }

  @Test("streams of one seed differ")
  func streams() {
    let starts = (0..<1000).map { stream in
      var random = RandomStream(seed: 1, stream: UInt64(stream))
      return random.next()
    }
    #expect(Set(starts).count == 1000)
  }

  @Test("fill the unit interval evenly")
  func unit() {
    var random = RandomStream(seed: 5)
    let values = (0..<20_000).map { _ in random.nextUnit() }
    #expect(values.allSatisfy { (0..<1).contains($0) })
    #expect(abs(values.reduce(0, +) / 20_000 - 0.5) < 0.01)
  }

  @Test(
    "binomial counts have their mean and variance",
    arguments: [(10, 0.5), (1000, 0.001), (1000, 0.3), (50, 0.99)])
  func binomial(count: Int, probability: Double) {
    var random = RandomStream(seed: 11)
    let draws = (0..<5000).map { _ in Double(random.nextBinomial(count: count, probability: probability)) }
    let mean = draws.reduce(0, +) / 5000
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5000
    let expected = Double(count) * probability
    let spread = expected * (1 - probability)
    #expect(abs(mean - expected) < 5 * (spread / 5000).squareRoot())
    #expect(abs(variance - spread) < 0.15 * spread)
    #expect(draws.allSatisfy { (0...Double(count)).contains($0) })
  }

  @Test("certain and impossible trials")
  func extremes() {
    var random = RandomStream(seed: 1)
    #expect(random.nextBinomial(count: 0, probability: 0.5) == 0)
    #expect(random.nextBinomial(count: 9, probability: 0) == 0)
    #expect(random.nextBinomial(count: 9, probability: 1) == 9)
    #expect(random.nextBinomial(count: 1_000_000, probability: 1e-300) == 0)
  }
}
