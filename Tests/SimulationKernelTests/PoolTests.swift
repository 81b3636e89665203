import SimulationKernel
import Testing

@Suite("Pool")
struct PoolTests {
  private final class Counted {
    let value: Int
    let deaths: Deaths
    init(_ value: Int, _ deaths: Deaths) {
      self.value = value
      self.deaths = deaths
    }
    deinit { deaths.count += 1 }
  }

  private final class Deaths { var count = 0 }

  @Test("agrees with a dictionary and frees every element once", arguments: 0..<50)
  func agreesWithDictionary(seed: Int) {
    var random = RandomStream(seed: UInt64(seed))
    let deaths = Deaths()
    let pool = Pool<Counted>(capacity: Int.random(in: 1...20, using: &random))
    var reference: [Int32: Int] = [:]
    var born = 0
    for _ in 0..<500 {
      if Int.random(in: 0..<5, using: &random) < 3 || reference.isEmpty {
        let index = pool.insert(Counted(born, deaths))
        #expect(reference.updateValue(born, forKey: index) == nil, "seed \(seed): a live index was given again")
        born += 1
      } else {
        let index = reference.keys.sorted().randomElement(using: &random)!
        pool.remove(index)
        reference[index] = nil
      }
      #expect(pool.count == reference.count, "seed \(seed)")
    }
    #expect(pool.indices == reference.keys.sorted(), "seed \(seed)")
    #expect(reference.allSatisfy { pool[$0.key].value == $0.value }, "seed \(seed)")
    #expect(deaths.count == born - reference.count, "seed \(seed)")
    pool.deallocate()
    #expect(deaths.count == born, "seed \(seed)")
  }
}
