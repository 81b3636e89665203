import Network
import SimulationKernel
import Testing

@Suite("Acknowledgements on links that let whole packets pass")
struct AcknowledgementTests {
  private static let bytesPerSecond = 1e6
  private static let packet = 3028.0
  private static let share = 66 / packet
  private let link = Link(bytesPerSecond: bytesPerSecond, latency: .zero, burstBytes: 1514, packetBytes: packet)
  private let messages = 100
  private let bytes = 10 * packet

  /// Sends messages one behind the other over each of some pairs of hosts, and says when the last has arrived.
  private func ends(_ pairs: [(from: Int, to: Int)], link: Link? = nil) throws -> [Double] {
    let run = NetworkRun(try .singleSwitch(hosts: 3, link: link ?? self.link))
    for (number, pair) in pairs.enumerated() {
      for message in 0..<messages {
        run.send(UInt64(number * messages + message), bytes: bytes, from: pair.from, to: pair.to)
      }
    }
    run.engine.runEvents()
    return pairs.indices.map { run.arrivals[UInt64(($0 + 1) * messages - 1)] ?? 0 }
  }

  private var alone: Double { Double(messages) * bytes / Self.bytesPerSecond }

  @Test("a link that also carries acknowledgements needs their time, too")
  func ring() throws {
    for end in try ends([(0, 1), (1, 2), (2, 0)]) {
      // Burst and last packet take no time.
      let expected = alone * (1 + Self.share) - (1514 + Self.packet) / Self.bytesPerSecond
      #expect(abs(end / expected - 1) < 0.001, "\(end) instead of \(expected)")
    }
  }

  @Test("data that go the other way on the same connection carry them")
  func exchange() throws {
    for end in try ends([(0, 1), (1, 0)]) { #expect(end <= alone && end > alone * 0.99, "\(end)") }
  }

  @Test("on a link with nothing else to do they cost nothing, afterwards neither")
  func oneWay() throws {
    let run = NetworkRun(try .singleSwitch(hosts: 2, link: link))
    for message: UInt64 in 0..<100 { run.send(message, bytes: bytes) }
    run.send(100, bytes: 3000, from: 1, to: 0, at: alone)
    run.engine.runEvents()
    #expect((run.arrivals[99] ?? 0) <= alone)
    #expect(abs((run.arrivals[100] ?? 0) - alone) < 1e-9)
  }

  @Test("single frames are acknowledged in pairs; bytes that pass one by one are not")
  func sizes() throws {
    var frames = link
    frames.packetBytes = 1514
    let end = try ends([(0, 1), (1, 2)], link: frames)[1]
    #expect(abs(end / alone - 1 - 33 / 1514) < 0.002)
    frames.packetBytes = 0
    #expect(try ends([(0, 1), (1, 2)], link: frames)[1] <= alone)
  }
}
