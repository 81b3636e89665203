import Network
import SimulationKernel
import Testing

@Suite("Links shaped by token buckets")
struct TokenBucketTests {
  private static let bytesPerSecond = 1e6
  private static let burst = 3000.0
  private let link = Link(bytesPerSecond: bytesPerSecond, latency: .zero, burstBytes: burst)

  @Test("a message on a link that has rested begins a burst ahead; a small one takes no time")
  func firstMessage() throws {
    let run = NetworkRun(try .singleSwitch(hosts: 2, link: link))
    run.send(0, bytes: 10_000, at: 0)
    run.send(1, bytes: 2500, at: 1)
    run.engine.runEvents()
    #expect(abs((run.arrivals[0] ?? 0) - 0.007) < 1e-9)
    #expect(abs((run.arrivals[1] ?? 0) - 1) < 1e-9)
  }

  @Test("tokens come back at the link's rate while it is idle, and not while it is busy")
  func refilling() throws {
    let run = NetworkRun(try .singleSwitch(hosts: 2, link: link))
    run.send(0, bytes: 10_000, at: 0)  // until 0.007
    run.send(1, bytes: 10_000, at: 0.008)  // 1 ms idle: 1000 tokens
    run.send(2, bytes: 10_000, at: 0.1)  // rested
    run.send(3, bytes: 10_000, at: 0.1)  // right behind
    run.engine.runEvents()
    #expect(abs((run.arrivals[1] ?? 0) - 0.017) < 1e-9)
    #expect(abs((run.arrivals[2] ?? 0) - 0.107) < 1e-9)
    #expect(abs((run.arrivals[3] ?? 0) - 0.117) < 1e-9)
  }

  @Test("two messages share one link's tokens, whoever spends them")
  func sharing() throws {
    let run = NetworkRun(try .sharedMedium(hosts: 4, channel: link))
    run.send(0, bytes: 6000, from: 0, to: 1)
    run.send(1, bytes: 6000, from: 2, to: 3)
    run.engine.runEvents()
    #expect(abs((run.arrivals.values.max() ?? 0) - 0.009) < 1e-9)
  }

  @Test("a link without a bucket paces what crosses it")
  func mixedRoute() throws {
    var wire = link
    wire.burstBytes = 0
    let run = NetworkRun(try .singleSwitch(links: [link, wire]))
    run.send(0, bytes: 10_000, at: 0)
    run.engine.runEvents()
    #expect(abs((run.arrivals[0] ?? 0) - 0.01) < 1e-9)
  }

  /// Of 10 packets of 1000 bytes the first 4 pass at once, since the fourth finds no overdraft; the last one 6 ms later.
  @Test("whole packets pass as soon as there is no overdraft, and the next message pays that of the last one")
  func packets() throws {
    var shaped = link
    shaped.packetBytes = 1000
    let run = NetworkRun(try .singleSwitch(hosts: 2, link: shaped))
    run.send(0, bytes: 10_000, at: 0)  // until 0.006, with an overdraft of 1000
    run.send(1, bytes: 500, at: 0.0062)  // has to wait until 0.007
    run.send(2, bytes: 3500, at: 1)  // rested: four packets at once
    run.send(3, bytes: 4100, at: 2)  // the fifth waits for the fourth
    run.engine.runEvents()
    for (token, time) in [0.006, 0.007, 1, 2.001].enumerated() {
      #expect(abs((run.arrivals[UInt64(token)] ?? 0) - time) < 1e-9, "message \(token)")
    }
  }

  @Test("small messages do not wait for an overdraft, but add to it")
  func smallMessages() throws {
    var shaped = link
    shaped.packetBytes = 1000
    let run = NetworkRun(try .singleSwitch(hosts: 3, link: shaped))
    run.send(0, bytes: 4000, at: 0)  // all at once, with an overdraft of 1000
    run.send(1, bytes: 100, to: 2, at: 0)  // at once, too; it is 1100 then
    run.send(2, bytes: 500, to: 2, at: 0.0001)
    run.engine.runEvents()
    for (token, time) in [0, 0, 0.0011].enumerated() {
      #expect(abs((run.arrivals[UInt64(token)] ?? 1) - time) < 1e-9, "message \(token)")
    }
  }

  /// Reference: packet by packet, each leaves at the first instant without an overdraft.
  @Test("messages of packets take as long as packets one by one")
  func packetsOneByOne() throws {
    for seed: UInt64 in 0..<1000 {
      var random = RandomStream(seed: seed, stream: 3)
      var shaped = link
      shaped.packetBytes = (200 + random.nextUnit() * 3000).rounded()
      let run = NetworkRun(try .singleSwitch(hosts: 2, link: shaped))
      var (tokens, updated, free, time) = (Self.burst, 0.0, 0.0, 0.0)
      var expected: [Double] = []
      for token in 0..<20 {
        // Later than the message before is done: those behind it go on at the link's rate.
        time = max(time, free) + 1e-6 + random.nextUnit() * 0.01
        let bytes = 1 + random.nextUnit() * 8000
        run.send(UInt64(token), bytes: bytes, at: time)
        (free, tokens) = (time, min(Self.burst, tokens + (time - updated) * Self.bytesPerSecond))
        var left = bytes
        while left > 1e-9 {
          if tokens < 0, bytes >= Link.smallBytes { (free, tokens) = (free - tokens / Self.bytesPerSecond, 0) }
          tokens -= min(left, shaped.packetBytes)
          left -= shaped.packetBytes
        }
        updated = free
        expected.append(free)
      }
      run.engine.runEvents()
      for token in 0..<20 {
        #expect(abs((run.arrivals[UInt64(token)] ?? 0) - expected[token]) < 1e-8, "seed \(seed), message \(token)")
      }
    }
  }

  @Test("over any time a link carries at most its rate and one burst")
  func bound() throws {
    for seed: UInt64 in 0..<200 {
      var random = RandomStream(seed: seed, stream: 1)
      let run = NetworkRun(try .singleSwitch(hosts: 2, link: link))
      var time = 0.0
      var sent: [(time: Double, bytes: Double)] = []
      for token in 0..<40 {
        time += random.nextUnit() * 0.01
        sent.append((time, 1 + random.nextUnit() * 8000))
        run.send(UInt64(token), bytes: sent[token].bytes, at: time)
      }
      run.engine.runEvents()
      let end = run.arrivals.values.max() ?? 0
      for from in sent.indices {
        let carried = sent[from...].reduce(0) { $0 + $1.bytes }
        #expect(
          carried <= Self.bytesPerSecond * (end - sent[from].time) + Self.burst * (1 + 1e-6),
          "seed \(seed), from \(from)")
      }
    }
  }
}
