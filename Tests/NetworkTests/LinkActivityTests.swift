import SimulationKernel
import Testing

@testable import Network

/// What links carry over time: the rates add up to what has crossed them, and none is beyond what a link can carry.
@Suite struct LinkActivityTests {
  private func run(limitLinks: Int, _ send: (NetworkRun) throws -> Void) throws -> NetworkRun {
    let link = Link(bytesPerSecond: 1000, latency: .milliseconds(100))
    let run = NetworkRun(try .singleSwitch(links: Array(repeating: link, count: 4)))
    run.network.activity = LinkActivity(linkCount: limitLinks)
    try send(run)
    run.engine.runEvents()
    return run
  }

  private func rates(_ run: NetworkRun) throws -> [LinkID: [LinkActivity.Rate]] {
    try #require(run.network.activity).rates(in: run.network)
  }

  /// The bytes under a step function of rates, which ends with a rate of zero.
  private func bytes(_ rates: [LinkActivity.Rate]) -> Double {
    zip(rates, rates.dropFirst()).reduce(0) { $0 + $1.0.bytesPerSecond * Double($1.1.time - $1.0.time) * 1e-12 }
  }

  @Test("two messages share a link and leave a gap")
  func twoMessagesShareALinkAndLeaveAGap() throws {
    let run = try run(limitLinks: 8) { run in
      // After a latency of 0.2 s both move at 500 bytes/s for 2 s; then nothing; then one alone at 1000 for 1 s.
      run.send(0, bytes: 1000, to: 1, at: 0)
      run.send(1, bytes: 1000, to: 2, at: 0)
      run.send(2, bytes: 1000, to: 1, at: 5)
    }
    let uplink = try #require(run.network.topology.link(named: "host0->switch"))
    let rates = try #require(try rates(run)[uplink])
    #expect(rates.map { $0.time / 1_000_000_000 } == [0, 200, 2200, 5200, 6200])
    #expect(rates.map { $0.bytesPerSecond.rounded() } == [0, 1000, 0, 1000, 0])
    let downlink = try #require(run.network.topology.link(named: "switch->host2"))
    #expect(try #require(try self.rates(run)[downlink]).map { $0.bytesPerSecond.rounded() } == [0, 500, 0])
    let idle = try #require(run.network.topology.link(named: "host3->switch"))
    #expect(try self.rates(run)[idle] == nil)
  }

  @Test("rates", arguments: [8, 1 << 20])
  func rates(limitLinks: Int) throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = RandomStream(seed: seed, stream: 1)
    let run = try run(limitLinks: limitLinks) { run in
      for token in 0..<400 {
        let source = Int.random(in: 0..<4, using: &random)
        run.send(
          UInt64(token), bytes: Double(Int.random(in: 1...500, using: &random)), from: source,
          to: (source + Int.random(in: 1...3, using: &random)) % 4, channel: Int.random(in: 0...1, using: &random),
          at: Double(Int.random(in: 0...60_000, using: &random)) / 1000)
      }
    }
    let rates = try rates(run)
    #expect(rates.count == 8)
    for (link, steps) in rates {
      let carried = run.network.bytesCarried(by: link)
      #expect(abs(bytes(steps) - carried) < 1e-6 * carried, "seed \(seed), link \(link)")
      #expect(steps.allSatisfy { $0.bytesPerSecond <= 1000 * (1 + 1e-4) }, "seed \(seed), link \(link)")
      #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.time < $1.time }, "seed \(seed), link \(link)")
      // Of so many links as were announced, 64 samples are kept at most.
      if limitLinks > 8 { #expect(steps.count <= 66, "seed \(seed), \(steps.count) steps") }
    }
  }
}
