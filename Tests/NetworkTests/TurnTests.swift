import Foundation
import Network
import SimulationKernel
import Testing

@Suite("Links whose connections take turns, packet by packet")
struct TurnTests {
  private static let bytesPerSecond = 1e6
  private static let packet = 1000.0

  /// A switch whose first host sends in packets, and whose other hosts' links are no limit.
  private func sender(to receivers: Int) throws -> Topology {
    let wire = Link(bytesPerSecond: 1e12, latency: .zero)
    let shaped = Link(bytesPerSecond: Self.bytesPerSecond, latency: .zero, packetBytes: Self.packet)
    return try .singleSwitch(links: [shaped] + Array(repeating: wire, count: receivers))
  }

  private func arrivals(_ messages: [RoundRobin.Message]) throws -> [Double] {
    let run = NetworkRun(try sender(to: (messages.map(\.connection).max() ?? 0) + 1))
    for (token, message) in messages.enumerated() {
      run.send(UInt64(token), bytes: message.bytes, to: message.connection + 1, at: message.start)
    }
    run.engine.runEvents()
    return messages.indices.map { run.arrivals[UInt64($0)] ?? .infinity }
  }

  private func reference(_ messages: [RoundRobin.Message]) -> [Double] {
    RoundRobin(bytesPerSecond: Self.bytesPerSecond, packet: Self.packet, messages: messages).finishTimes()
  }

  @Test("of messages of one packet that begin together, each passes as a whole")
  func onePacket() throws {
    let messages = (0..<7).map { RoundRobin.Message(start: 0, connection: $0, bytes: 800) }
    for (token, time) in try arrivals(messages).enumerated() {
      #expect(abs(time - 0.0008 * Double(token + 1)) < 1e-9, "message \(token)")
    }
  }

  @Test("equal messages that begin together end as packet by packet")
  func equalMessages() throws {
    for seed: UInt64 in 0..<1000 {
      var random = RandomStream(seed: seed, stream: 5)
      let bytes = 200 + random.nextUnit() * 20_000
      let count = 2 + Int(random.nextUnit() * 7)
      let messages = (0..<count).map { RoundRobin.Message(start: 0, connection: $0, bytes: bytes) }
      for (token, (time, expected)) in zip(try arrivals(messages), reference(messages)).enumerated() {
        #expect(abs(time - expected) < 1e-8, "seed \(seed), message \(token)")
      }
    }
  }

  /// Equal shares are the reference of ``RandomNetworkTests``.
  private func errors(
    areEqual: Bool, bytes: (inout RandomStream) -> Double
  ) throws -> (turns: Double, shares: Double) {
    var errors = (turns: 0.0, shares: 0.0)
    for seed: UInt64 in 0..<1000 {
      var random = RandomStream(seed: seed, stream: 6)
      let common = bytes(&random)
      let messages = (0..<(2 + Int(random.nextUnit() * 7))).map { connection in
        RoundRobin.Message(
          start: Double(connection) * 1e-4 * random.nextUnit(), connection: connection,
          bytes: areEqual ? common : bytes(&random))
      }.sorted { $0.start < $1.start }
      let shares = ReferenceNetwork(
        capacities: [Self.bytesPerSecond], latencies: [0],
        flows: messages.map { .init(start: $0.start, bytes: $0.bytes, links: [0]) }
      ).finishTimes()
      let expected = reference(messages)
      let total = messages.reduce(0) { $0 + $1.bytes } / Self.bytesPerSecond
      for (token, time) in try arrivals(messages).enumerated() {
        errors.turns += abs(time - expected[token])
        errors.shares += abs(shares[token] - expected[token])
        #expect(time <= total + (messages.last?.start ?? 0) + 1e-9, "seed \(seed), message \(token)")
      }
    }
    return errors
  }

  @Test("equal messages that begin one after another are far nearer to packet by packet than with equal shares")
  func staggeredMessages() throws {
    let errors = try errors(areEqual: true) { 200 + $0.nextUnit() * 8000 }
    #expect(errors.turns < 0.75 * errors.shares, "\(errors)")
  }

  @Test("messages of any size are nearer to packet by packet than with equal shares")
  func differentMessages() throws {
    let errors = try errors(areEqual: false) { 200 + $0.nextUnit() * 8000 }
    #expect(errors.turns < 0.97 * errors.shares, "\(errors)")
  }

  @Test("a small message behind data waits for these, not for other connections' turns")
  func smallBehindData() throws {
    let shaped = Link(bytesPerSecond: Self.bytesPerSecond, latency: .zero, burstBytes: 1, packetBytes: Self.packet)
    let run = NetworkRun(try .singleSwitch(hosts: 8, link: shaped))
    for receiver in 1..<8 {
      run.send(UInt64(receiver), bytes: 1000, to: receiver)
      run.send(UInt64(receiver) + 10, bytes: 100, to: receiver)
    }
    run.engine.runEvents()
    for receiver: UInt64 in 1..<8 {
      let (data, small) = (run.arrivals[receiver] ?? 0, run.arrivals[receiver + 10] ?? .infinity)
      #expect(abs(small - data) < 1e-9, "to \(receiver)")
    }
    #expect((run.arrivals[2] ?? 1) < 0.0022)
  }

  @Test("a packet that its receiver's link holds up lets others pass")
  func blockedReceiver() throws {
    let shaped = Link(bytesPerSecond: Self.bytesPerSecond, latency: .zero, packetBytes: Self.packet)
    var slow = shaped
    slow.bytesPerSecond /= 100
    let run = NetworkRun(try .singleSwitch(links: [shaped, slow, shaped]))
    run.send(0, bytes: 1000, to: 1)
    run.send(1, bytes: 1000, to: 2)
    run.engine.runEvents()
    #expect(abs((run.arrivals[0] ?? 0) - 0.1) < 1e-9)
    #expect((run.arrivals[1] ?? 1) < 0.0011)
  }

  /// Sizes next to whole packets and rates at which a picosecond is many bytes are where rounding would go round in circles.
  @Test("messages of almost whole packets end, and links carry no more than they can")
  func roundings() throws {
    for seed: UInt64 in 0..<500 {
      var random = RandomStream(seed: seed, stream: 7)
      let rate = pow(10, 6 + random.nextUnit() * 6)
      let shaped = Link(
        bytesPerSecond: rate, latency: .zero, burstBytes: random.nextUnit() < 0.5 ? 0 : 1500, packetBytes: Self.packet)
      let run = NetworkRun(try .singleSwitch(hosts: 4, link: shaped))
      var sent = 0.0
      for token: UInt64 in 0..<40 {
        let packets = 1 + Double(Int(random.nextUnit() * 5))
        let bytes = packets * Self.packet + (random.nextUnit() - 0.5) * pow(10, -9 + 10 * random.nextUnit())
        sent += bytes
        run.send(token, bytes: bytes, to: 1 + Int(random.nextUnit() * 3), at: random.nextUnit() * 1e5 / rate)
      }
      run.engine.runEvents()
      #expect(run.arrivals.count == 40, "seed \(seed)")
      #expect((run.arrivals.values.max() ?? 0) >= (sent - 1500 - Self.packet) / rate * (1 - 1e-9), "seed \(seed)")
    }
  }
}
