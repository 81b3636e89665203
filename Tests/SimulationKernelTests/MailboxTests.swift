import SimulationKernel
import Testing

/// Messages and receives that meet at one process, compared with the matching rule said literally: in the order of
/// virtual time, messages before receives at one instant, a receive takes the message that arrived first among those it
/// matches, and a message goes to the receive posted first among those that match it.
@Suite("Mailbox")
struct MailboxTests {
  private enum Step {
    case arrive(source: Int, tag: Int, content: Int)
    case post(source: Int?, tag: Int?, receive: Int)
  }

  @Test("matches as MPI does, however far the receiver has run ahead", arguments: 0..<10)
  func agreesWithRule(block: Int) throws {
    for seed in (block * 100)..<(block * 100 + 100) {
      var random = RandomStream(seed: UInt64(seed))
      let count = Int.random(in: 1...12, using: &random)
      let messages = (0..<count).map { content in
        (
          time: Int.random(in: 0..<8, using: &random) * 2,
          step: Step.arrive(
            source: Int.random(in: 1...3, using: &random), tag: Int.random(in: 0...2, using: &random), content: content)
        )
      }.sorted { $0.time < $1.time }
      var time = 0
      let receives = (0..<count).map { receive in
        time += Int.random(in: 0...3, using: &random)
        return (
          time: time,
          step: Step.post(
            source: Bool.random(using: &random) ? nil : Int.random(in: 1...3, using: &random),
            tag: Bool.random(using: &random) ? nil : Int.random(in: 0...2, using: &random), receive: receive)
        )
      }
      let steps = (messages + receives).enumerated()
        .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element.step)

      let measured = try run(messages, receives, stopsAt: Int.random(in: 0...count, using: &random))

      #expect(measured == reference(steps, count), "seed \(seed)")
    }
  }

  /// Which content each receive gets, by the rule.
  private func reference(_ steps: [Step], _ count: Int) -> [Int?] {
    var results: [Int?] = Array(repeating: nil, count: count)
    var arrived: [(source: Int, tag: Int, content: Int)] = []
    var posted: [(source: Int?, tag: Int?, receive: Int)] = []
    func match(_ source: Int?, _ tag: Int?, _ otherSource: Int, _ otherTag: Int) -> Bool {
      (source == nil || source == otherSource) && (tag == nil || tag == otherTag)
    }
    for step in steps {
      switch step {
      case .arrive(let source, let tag, let content):
        if let index = posted.firstIndex(where: { match($0.source, $0.tag, source, tag) }) {
          results[posted.remove(at: index).receive] = content
        } else {
          arrived.append((source, tag, content))
        }
      case .post(let source, let tag, let receive):
        if let index = arrived.firstIndex(where: { match(source, tag, $0.source, $0.tag) }) {
          results[receive] = arrived.remove(at: index).content
        } else {
          posted.append((source, tag, receive))
        }
      }
    }
    return results
  }

  /// - Parameter stop: before which receive the process lets the world catch up with it.
  private func run(
    _ messages: [(time: Int, step: Step)], _ receives: [(time: Int, step: Step)], stopsAt stop: Int
  ) throws -> [Int?] {
    let engine = Engine()
    let results = Recorder<Int?>()
    let receiver = engine.spawn { process in
      var requests: [ReceiveRequest] = []
      for (index, receive) in receives.enumerated() {
        guard case .post(let source, let tag, _) = receive.step else { continue }
        process.catchUp(with: VirtualTime(seconds: Double(receive.time)))
        if index == stop { try await process.synchronize(at: .init()) }
        requests.append(process.mailbox.post(EnvelopePattern(source: source, tag: tag)))
      }
      for request in requests {
        do {
          results.append(try await request.wait(at: .init(), timeout: .seconds(1000)).content as? Int)
        } catch is ReceiveTimeout {
          results.append(nil)
        }
      }
    }
    engine.spawn { process in
      for message in messages {
        guard case .arrive(let source, let tag, let content) = message.step else { continue }
        let envelope = Envelope(source: source, tag: tag, content: content)
        engine.call(at: VirtualTime(seconds: Double(message.time)), priority: .traffic) {
          receiver.mailbox.deliver(envelope)
        }
      }
    }
    try engine.run()
    return results.values
  }
}
