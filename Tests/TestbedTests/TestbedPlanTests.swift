import Quantities
import Testing

@testable import Testbed

@Suite struct TestbedPlanTests {
  private let gigabit = Bandwidth(bitsPerSecond: 1e9)
  private let gigabitOfTrains = "ceil 1000000000bit burst 6000 cburst 6000 quantum 12112"

  @Test("two hosts on a switch")
  func twoHostsOnASwitch() throws {
    let plan = TestbedPlan(try TestbedLayout(hostCount: 2, rate: gigabit), name: "b")

    #expect(
      plan.creation.map(\.description).joined(separator: "\n") == """
        ip netns add uniference-b-switch
        ip netns exec uniference-b-switch sh -c '[ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
        ip -n uniference-b-switch link add switch0 type bridge
        ip -n uniference-b-switch link set switch0 up
        \(host(0))
        \(host(1))
        ip link add host0 netns uniference-b-switch type veth peer name eth0 netns uniference-b-host0
        ip link add host1 netns uniference-b-switch type veth peer name eth0 netns uniference-b-host1
        ip -n uniference-b-host0 address add 10.77.0.1/24 dev eth0
        ip -n uniference-b-switch link set host0 master switch0
        \(shaper("uniference-b-host0", "eth0", "dst 10.77.0.2"))
        \(shaper("uniference-b-switch", "host0", "src 10.77.0.2"))
        ip -n uniference-b-host1 address add 10.77.0.2/24 dev eth0
        ip -n uniference-b-switch link set host1 master switch0
        \(shaper("uniference-b-host1", "eth0", "dst 10.77.0.1"))
        \(shaper("uniference-b-switch", "host1", "src 10.77.0.1"))
        """)
  }

  private func host(_ number: Int) -> String {
    let name = "uniference-b-host\(number)"
    return """
      ip netns add \(name)
      ip netns exec \(name) sh -c '[ ! -e /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
      ip netns exec \(name) sh -c 'echo reno > /proc/sys/net/ipv4/tcp_congestion_control'
      ip -n \(name) link set lo up
      """
  }

  private func shaper(_ namespace: String, _ device: String, _ peer: String) -> String {
    """
    ip -n \(namespace) link set \(device) gso_max_segs 8 up
    tc -n \(namespace) qdisc add dev \(device) root handle 1: htb default 10
    tc -n \(namespace) class add dev \(device) parent 1: classid 1:1 htb rate 1000000000bit \(gigabitOfTrains)
    tc -n \(namespace) class add dev \(device) parent 1:1 classid 1:10 htb rate 100000000bit \(gigabitOfTrains) prio 0
    tc -n \(namespace) class add dev \(device) parent 1:1 classid 1:20 htb rate 900000000bit \(gigabitOfTrains)
    tc -n \(namespace) filter add dev \(device) parent 1: protocol ip prio 1 u32 match u16 0x0000 0xff80 at 2 flowid 1:10
    tc -n \(namespace) class add dev \(device) parent 1:20 classid 1:100 htb rate 8000bit \(gigabitOfTrains) prio 1
    tc -n \(namespace) filter add dev \(device) parent 1: protocol ip prio 2 u32 match ip \(peer) flowid 1:100
    """
  }

  @Test("one link of another rate is shaped by it in both directions")
  func oneLinkOfAnotherRateIsShapedByItInBothDirections() throws {
    let layout = try TestbedLayout(hostCount: 3, rate: gigabit, linkRates: [1: Bandwidth(bitsPerSecond: 1e8)])
    let shaped = TestbedPlan(layout, name: "b").creation.map(\.description).filter { $0.contains("classid 1:1 ") }
    #expect(
      shaped.filter { $0.contains("rate 100000000bit") }.map { $0.split(separator: " ")[6] } == ["eth0", "host1"])
    #expect(shaped.count == 6)
  }

  @Test("a bottleneck joins two switches")
  func aBottleneckJoinsTwoSwitches() throws {
    let layout = try TestbedLayout(
      hostCount: 4, rate: gigabit, bottleneck: try Bottleneck(parsing: "0,2|1,3=200 Mbps"))
    let commands = TestbedPlan(layout, name: "b").creation.map(\.description)
    let members = commands.filter { $0.contains("master") }.map {
      $0.split(separator: " ").suffix(3).joined(separator: " ")
    }
    #expect(
      members == [
        "host0 master switch0", "host1 master switch1", "host2 master switch0", "host3 master switch1",
        "uplink0 master switch0", "uplink1 master switch1",
      ])
    #expect(
      commands.filter { $0.contains("dev uplink") && $0.contains("classid 1:1 htb rate 200000000bit") }.count == 2)
  }

  @Test("packets take turns by the other host")
  func packetsTakeTurnsByTheOtherHost() throws {
    let layout = try TestbedLayout(hostCount: 4, rate: gigabit, bottleneck: try Bottleneck(parsing: "0,2|1,3=200 Mbps"))
    let filters = TestbedPlan(layout, name: "b").creation.map(\.description).filter { $0.contains("match ip") }
    func peers(_ interface: String) -> [String] {
      filters.filter { $0.contains("dev \(interface) ") }.compactMap {
        $0.split(separator: " ").dropLast(2).last.map(String.init)
      }
    }
    #expect(peers("host3") == ["10.77.0.1", "10.77.0.2", "10.77.0.3"])
    #expect(peers("uplink0") == ["10.77.0.1", "10.77.0.3"])
    #expect(peers("uplink1") == ["10.77.0.2", "10.77.0.4"])
    #expect(filters.filter { $0.contains("dev eth0 ") }.allSatisfy { $0.contains("match ip dst") })
  }

  @Test(
    "trains grow with the number of hosts",
    arguments: [(2, 1e8, 1), (4, 1e8, 2), (8, 1e8, 3), (4, 5e8, 7), (8, 1e9, 27)])
  func trainsGrowWithTheNumberOfHosts(hosts: Int, bits: Double, frames: Int) {
    #expect(LinkShaper(rate: Bandwidth(bitsPerSecond: bits), hostCount: hosts).framesAtOnce == frames)
  }

  @Test("netem delays both leaves of both ends")
  func netemDelaysBothLeavesOfBothEnds() throws {
    let layout = try TestbedLayout(hostCount: 2, rate: gigabit, delay: .milliseconds(1))
    let delays = TestbedPlan(layout, name: "b", method: .netem).creation.map(\.description).filter {
      $0.contains("netem")
    }
    #expect(delays.count == 8)
    #expect(
      delays[0] == "tc -n uniference-b-host0 qdisc add dev eth0 parent 1:10 handle 10: netem delay 1000us limit 2953")
  }

  @Test("a relay holds the links before their ends move to the hosts")
  func aRelayHoldsTheLinksBeforeTheirEndsMoveToTheHosts() throws {
    let layout = try TestbedLayout(hostCount: 2, rate: gigabit, delay: .microseconds(500))
    let commands = TestbedPlan(layout, name: "b", method: .relay(command: ["relay"])).creation
    let texts = commands.map(\.description)
    #expect(!texts.contains { $0.contains("netem") || $0.contains("veth") })
    let service = try #require(commands.firstIndex { $0.isService })
    #expect(texts[service] == "ip netns exec uniference-b-switch relay 500000 host0 far0 host1 far1 &")
    #expect(texts[service - 1] == "ip -n uniference-b-switch tuntap add dev far1 mode tap vnet_hdr")
    #expect(
      texts[service + 1] == "ip -n uniference-b-switch link set far0 netns uniference-b-host0 name eth0")
  }

  @Test(
    "bursts and trains grow with the rate",
    arguments: [(1e6, 1514, 1), (1e8, 1514, 1), (5e8, 3000, 4), (1e9, 6000, 8), (4e10, 240_000, 44)])
  func burstsAndTrainsGrowWithTheRate(bits: Double, burst: Int, frames: Int) {
    let shaper = LinkShaper(rate: Bandwidth(bitsPerSecond: bits), hostCount: 2)
    #expect(shaper.burstBytes == burst)
    #expect(shaper.framesAtOnce == frames)
  }
}
