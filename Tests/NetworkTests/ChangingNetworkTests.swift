import Network
import SimulationKernel
import Testing

/// Two hosts on a switch: paths of 2 ms and 1 MB/s. Link 0 leads from host 0 to the switch.
@Suite("Networks that change")
struct ChangingNetworkTests {
  private func run(hosts: Int = 2) throws -> NetworkRun {
    NetworkRun(try .singleSwitch(hosts: hosts, link: Link(bytesPerSecond: 1e6, latency: .milliseconds(1))))
  }

  @Test("half the capacity doubles the time of the bytes that are left")
  func slower() throws {
    let run = try run()
    run.send(1, bytes: 1e6)
    run.setCapacity(5e5, of: 0, at: 0.502)
    run.engine.runEvents()
    #expect(run.arrivals == [1: 1.502])
  }

  @Test("messages stand still during an outage and go on after it")
  func outage() throws {
    let run = try run()
    run.send(1, bytes: 1e6)
    run.send(2, bytes: 1e6)
    run.setCapacity(0, of: 3, at: 0.252)
    run.setCapacity(1e6, of: 3, at: 10.252)
    run.engine.runEvents()
    #expect(run.order == [1, 2])
    #expect(abs(run.arrivals[1]! - 11.002) < 1e-9 && abs(run.arrivals[2]! - 12.002) < 1e-9)
  }

  @Test("a message that starts during an outage waits for its end")
  func startInOutage() throws {
    let run = try run()
    run.setCapacity(0, of: 0, at: 0)
    run.send(1, bytes: 1e6, at: 1)
    run.setCapacity(2e6, of: 0, at: 5)
    run.engine.runEvents()
    #expect(run.arrivals == [1: 6])
  }

  @Test("an outage without end leaves the message under way")
  func endlessOutage() throws {
    let run = try run()
    run.send(1, bytes: 1e6)
    run.setCapacity(0, of: 0, at: 0.5)
    run.engine.runEvents()
    #expect(run.arrivals.isEmpty)
    #expect(!run.network.isQuiet)
  }

  @Test("agree with going from change to change on random capacities", arguments: 0..<200)
  func randomCapacities(seed: Int) throws {
    var random = RandomStream(seed: UInt64(seed))
    let run = try run()
    var changes: [(time: Double, capacity: Double)] = [(0, 1e6)]
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let capacity = Double(Int.random(in: 0...4, using: &random)) * 2.5e5
      changes.append((changes.last!.time + Double.random(in: 0.01...1, using: &random), capacity))
    }
    changes.append((changes.last!.time + 1, 1e6))
    for change in changes.dropFirst() { run.setCapacity(change.capacity, of: 0, at: change.time) }
    let bytes = Double.random(in: 1e5...3e6, using: &random)
    run.send(1, bytes: bytes)

    run.engine.runEvents()

    var left = bytes
    var now = 0.002
    for (index, change) in changes.enumerated() {
      let end = index + 1 < changes.count ? changes[index + 1].time : .infinity
      guard end > now else { continue }
      let rate = min(change.capacity, 1e6)
      let needed = rate > 0 ? left / rate : .infinity
      if now + needed <= end {
        now += needed
        break
      }
      left -= rate * (end - now)
      now = end
    }
    let arrival = try #require(run.arrivals[1], "seed \(seed)")
    #expect(abs(arrival - now) < 1e-9 * now + 1e-11, "seed \(seed): \(arrival), expected \(now)")
  }

  @Test("a failed host's messages are dropped and the others gain")
  func failure() throws {
    let run = try run(hosts: 3)
    run.send(1, bytes: 1e6, from: 0, to: 1)
    run.send(2, bytes: 1e6, from: 2, to: 1)
    run.engine.call(at: VirtualTime(seconds: 1.002)) { [network = run.network] in network.failHost(2) }
    run.send(3, bytes: 1, from: 1, to: 2, at: 5)
    run.engine.runEvents()
    #expect(run.arrivals == [1: 1.502])
    #expect(run.network.statistics.droppedMessages == 2)
    run.send(4, bytes: 1, from: 2, to: 0, at: 9)
    run.engine.runEvents()
    #expect(run.network.statistics.droppedMessages == 3)
  }

  @Test("of a failed host's messages, what has moved counts as carried and no more")
  func movedBytes() throws {
    let run = try run(hosts: 3)
    run.send(1, bytes: 1e6, from: 2, to: 1)
    run.send(2, bytes: 1e6, from: 2, to: 1)
    run.engine.call(at: VirtualTime(seconds: 0.252)) { [network = run.network] in network.failHost(2) }
    run.engine.runEvents()
    #expect(run.arrivals.isEmpty && run.lost == [1, 2])
    #expect(abs(run.network.bytesCarried(by: 4) - 250_000) < 1e-3)
    #expect(run.network.bytesCarried(by: 4) == run.network.bytesCarried(by: 3))
    #expect(run.network.isSound && run.network.isQuiet)
  }

  @Test("what is sent from or to a failed host is lost at once")
  func lostAtOnce() throws {
    let run = try run()
    run.network.failHost(1)
    run.send(1, bytes: 1)
    run.send(2, bytes: 1, from: 1, to: 0, at: 3)
    #expect(run.lost == [1, 2] && run.network.isQuiet)
  }

  @Test("messages are lost in the order of their connections, whatever the order in which those were made")
  func orderOfLosses() throws {
    func losses(_ order: [Int]) throws -> [UInt64] {
      let run = try run(hosts: 40)
      for host in order { run.send(UInt64(host), bytes: 1e6, from: host, to: 0) }
      run.network.failHost(0)
      return run.lost
    }
    #expect(try losses(Array(1..<40)) == (1..<40).map { UInt64($0) })
    #expect(try losses((1..<40).reversed()) == (1..<40).map { UInt64($0) })
  }

  @Test("steps of capacity are followed in their order, and what changes nothing is no step")
  func steps() throws {
    let steps = CapacitySteps(
      from: 1e6,
      [
        .init(at: VirtualTime(seconds: 0), bytesPerSecond: 1e6),
        .init(at: VirtualTime(seconds: 0.502), bytesPerSecond: 5e5),
        .init(at: VirtualTime(seconds: 1.002), bytesPerSecond: 0),
        .init(at: VirtualTime(seconds: 2.002), bytesPerSecond: 1e6),
      ])
    #expect(steps.steps.count == 3)
    let run = try run()
    run.network.follow(steps, of: 0)
    run.send(1, bytes: 1e6)
    run.engine.runEvents()
    #expect(run.arrivals == [1: 2.252])
  }

  @Test("many messages on one connection leave in order, at full bandwidth, without solving")
  func oneConnection() throws {
    let run = try run()
    for token in 0..<500 { run.send(UInt64(token), bytes: 1000) }
    run.engine.runEvents()
    #expect(run.order == Array(0..<500))
    for token in 0..<500 { #expect(abs(run.arrivals[UInt64(token)]! - (0.002 + 0.001 * Double(token + 1))) < 1e-9) }
    #expect(run.network.statistics.solves == 0 && run.network.statistics.messages == 500)
    #expect(run.network.bytesCarried(by: 0) == 500_000)
    #expect(run.network.bytesCarried(by: 1) == 0)
  }

  @Test("a ring on a switch solves nothing, and an incast does")
  func statistics() throws {
    let ring = try run(hosts: 8)
    for host in 0..<8 { ring.send(UInt64(host), bytes: 1e6, from: host, to: (host + 1) % 8) }
    ring.engine.runEvents()
    #expect(ring.network.statistics.solves == 0 && ring.network.statistics.flowsSolved == 0)
    #expect(ring.arrivals.values.allSatisfy { $0 == 1.002 })

    let incast = try run(hosts: 8)
    for host in 1..<8 { incast.send(UInt64(host), bytes: 1e6, from: host, to: 0) }
    incast.engine.runEvents()
    #expect(incast.network.statistics.solves >= 1 && incast.network.statistics.flowsSolved >= 7)
    #expect(incast.arrivals.values.allSatisfy { abs($0 - 7.002) < 1e-9 })
  }
}
