import Testing

@testable import SimulationKernel

@Suite("Event queue")
struct EventQueueTests {
  @Test("gives what a sorted array gives, ties included", arguments: 0..<10)
  func agreesWithSortedArray(block: Int) {
    for seed in (block * 300)..<(block * 300 + 300) {
      var random = RandomStream(seed: UInt64(seed))
      var queue = EventQueue(capacity: 0)
      var reference: [Event] = []
      let span = [1, 5, 1_000_000].randomElement(using: &random)!
      for sequence in 0..<UInt64(Int.random(in: 1...250, using: &random)) {
        if !reference.isEmpty, Int.random(in: 0..<3, using: &random) == 0 {
          Self.expectSameFirst(&queue, &reference, seed)
        } else {
          let event = Event(
            time: Int64.random(in: 0..<Int64(span), using: &random),
            order: UInt64.random(in: 0...3, using: &random) << 56 | sequence, target: sequence)
          queue.insert(event)
          reference.append(event)
          reference.sort { ($0.time, $0.order) < ($1.time, $1.order) }
        }
      }
      while !reference.isEmpty { Self.expectSameFirst(&queue, &reference, seed) }
      let isEmpty = queue.isEmpty
      #expect(isEmpty, "seed \(seed)")
    }
  }

  private static func expectSameFirst(_ queue: inout EventQueue, _ reference: inout [Event], _ seed: Int) {
    let expected = reference.removeFirst()
    let (first, event) = (queue.firstTime, queue.removeFirst())
    #expect(first == expected.time && event.target == expected.target, "seed \(seed)")
    let count = queue.count
    #expect(count == reference.count, "seed \(seed)")
  }
}
