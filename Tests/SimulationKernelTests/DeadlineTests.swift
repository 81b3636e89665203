import Testing

@testable import SimulationKernel

@Suite struct DeadlineTests {
  @Test(
    "a receive that is not answered in time is given up",
    arguments: [(limit: 400, result: String?.none, end: 400), (limit: 900, result: "late letter", end: 700)])
  func aReceiveThatIsNotAnsweredInTimeIsGivenUp(limit: Int, result: String?, end: Int) throws {
    let engine = Engine()
    let journal = Journal()
    let receiver = engine.spawn { process in
      let text = try await process.doing(until: .zero.advanced(by: .nanoseconds(limit))) {
        try await process.mailbox.receive(EnvelopePattern(context: 0, source: nil, tag: nil)).content as? String
      }
      journal.note("\((text ?? nil) ?? "nothing") at \(process.now.picoseconds / 1000)")
    }
    engine.spawn { process in process.send("late letter", to: receiver, after: .nanoseconds(700)) }
    try engine.run()
    #expect(journal.lines == ["\(result ?? "nothing") at \(end)"])
  }
}

private final class Journal: @unchecked Sendable {
  private(set) var lines: [String] = []

  func note(_ line: String) { lines.append(line) }
}
