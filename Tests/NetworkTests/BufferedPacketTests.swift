import Network
import SimulationKernel
import TestSupport
import Testing

/// Shaped links of 1 MB/s that let packets of 1000 bytes pass, and a buffer of 3000 bytes at each sender.
@Suite("Buffers of senders before links that forward whole packets")
struct BufferedPacketTests {
  private static let buffer = 3000.0

  private struct Message {
    let source: Int
    let destination: Int
    let bytes: Double
    let time: Double
    /// Whether it is handed over after all that others begin at that instant.
    var isLate = false
    var isBuffered: Bool { bytes <= BufferedPacketTests.buffer }
  }

  private func run(_ messages: [Message], hosts: Int) throws -> NetworkRun {
    let link = Link(bytesPerSecond: 1e6, latency: .zero, packetBytes: 1000)
    let run = NetworkRun(try .singleSwitch(links: Array(repeating: link, count: hosts)))
    run.network.sendBufferBytes = Self.buffer
    for (token, message) in messages.enumerated() {
      let time = VirtualTime(seconds: message.time)
      let send = {
        run.send(
          UInt64(token), bytes: message.bytes, from: message.source, to: message.destination, at: message.time,
          reportsTaking: message.isBuffered)
      }
      run.engine.call(at: time) { if message.isLate { run.engine.call(at: time, send) } else { send() } }
    }
    run.engine.runEvents()
    return run
  }

  private func isHandedOverFirst(
    _ left: (offset: Int, element: Message), _ right: (offset: Int, element: Message)
  ) -> Bool {
    (left.element.time, left.element.isLate ? 1 : 0, left.offset)
      < (right.element.time, right.element.isLate ? 1 : 0, right.offset)
  }

  /// The first message has half a packet left when the second one meets it and the third one is handed over.
  @Test("a message is handed over at the instant at which the one before it meets another one, at its tail packet")
  func meetingAtTheTail() throws {
    let messages = [
      Message(source: 0, destination: 1, bytes: 4000, time: 0),
      Message(source: 2, destination: 1, bytes: 5000, time: 0.0035),
      Message(source: 0, destination: 1, bytes: 2800, time: 0.0035, isLate: true),
    ]
    let run = try run(messages, hosts: 3)
    // 300 bytes too many are before it until the tail packet's rest has passed that far.
    let taken = try #require(run.takings[2])
    #expect(taken > 0.0035 && taken < 0.0045, "\(taken)")
    #expect(run.arrivals.count == 3)
  }

  @Test("each message is taken once, in its connection's order, no later than it arrives", arguments: 0..<20)
  func anyMoments(block: Int) throws {
    for seed in Mutations.seeds(ofBlock: block, each: 100) {
      var random = RandomStream(seed: seed)
      let hosts = Int.random(in: 2...4, using: &random)
      var clock = 0.0
      let messages = (0..<Int.random(in: 2...12, using: &random)).map { _ in
        // Times on a grid, so that messages begin, end and meet at the same instants.
        clock += Double(Int.random(in: 0...3, using: &random)) * 0.0005
        let source = Int.random(in: 0..<hosts, using: &random)
        return Message(
          source: source, destination: (source + Int.random(in: 1..<hosts, using: &random)) % hosts,
          bytes: Double(Int.random(in: 0...12, using: &random)) * 500, time: clock,
          isLate: Bool.random(using: &random))
      }
      let run = try run(messages, hosts: hosts)
      var latest: [[Int]: Double] = [:]
      for (token, message) in messages.enumerated().sorted(by: isHandedOverFirst) {
        let arrival = try #require(run.arrivals[UInt64(token)], "seed \(seed), message \(token)")
        guard message.isBuffered else { continue }
        let taken = try #require(run.takings[UInt64(token)], "seed \(seed), message \(token)")
        let ends = [message.source, message.destination]
        #expect(taken >= max(message.time, latest[ends] ?? 0) - 1e-11, "seed \(seed), message \(token)")
        #expect(taken <= arrival, "seed \(seed), message \(token)")
        latest[ends] = taken
      }
    }
  }
}
