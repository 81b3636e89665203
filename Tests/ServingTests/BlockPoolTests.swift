import SimulationKernel
import TestSupport
import Testing

@testable import Serving

@Suite("Blocks of a paged cache")
struct BlockPoolTests {
  /// The same by lists that are searched.
  private struct Reference {
    var users: [Int32: Int] = [:]
    var contents: [Int32: UInt64] = [:]
    /// Free blocks with a content, the least recently used first.
    var remembered: [Int32] = []
    let capacity: Int

    var used: Int { users.values.count { $0 > 0 } }

    mutating func took(_ block: Int32) {
      if let index = remembered.firstIndex(of: block) {
        // Only where nothing else is free.
        #expect(index == 0 && used + remembered.count == capacity)
        remembered.removeFirst()
        contents[block] = nil
      }
      #expect(users[block, default: 0] == 0)
      users[block] = 1
    }
  }

  @Test("are given, shared, remembered and forgotten as by a slow reference")
  func reference() {
    for seed in Mutations.rounds(200) {
      var random = RandomStream(seed: seed)
      let capacity = Int.random(in: 1...12, using: &random)
      var pool = BlockPool(capacity: capacity)
      var reference = Reference(capacity: capacity)
      var held: [Int32] = []
      for _ in 0..<200 {
        switch Int.random(in: 0...3, using: &random) {
        case 0:
          let block = pool.allocate()
          #expect((block == nil) == (reference.used == capacity), "seed \(seed)")
          guard let block else { continue }
          reference.took(block)
          held.append(block)
        case 1:
          guard let block = held.randomElement(using: &random) else { continue }
          held.remove(at: held.firstIndex(of: block)!)
          pool.release(block)
          reference.users[block]! -= 1
          if reference.users[block] == 0, reference.contents[block] != nil { reference.remembered.append(block) }
        case 2:
          guard let block = held.randomElement(using: &random) else { continue }
          let content = UInt64.random(in: 0...8, using: &random)
          pool.setContent(content, of: block)
          if reference.contents[block] == nil, !reference.contents.values.contains(content) {
            reference.contents[block] = content
          }
        default:
          let content = UInt64.random(in: 0...8, using: &random)
          let block = pool.block(holding: content)
          #expect(block == reference.contents.first { $0.value == content }?.key, "seed \(seed)")
          guard let block else { continue }
          #expect(pool.isFree(block) == (reference.users[block] == 0), "seed \(seed)")
          pool.retain(block)
          reference.users[block]! += 1
          reference.remembered.removeAll { $0 == block }
          held.append(block)
        }
        #expect(pool.usedCount == reference.used && pool.addsUp, "seed \(seed)")
      }
    }
  }
}
