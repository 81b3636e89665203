import Quantities
import Testing

@testable import Testbed

@Suite struct TestbedLayoutTests {
  @Test("layouts that are not possible are refused with the option")
  func layoutsThatAreNotPossibleAreRefusedWithTheOption() throws {
    let gigabit = Bandwidth(bitsPerSecond: 1e9)
    let refusals: [(() throws -> TestbedLayout, String)] = [
      ({ try TestbedLayout(hostCount: 9, rate: gigabit) }, "--hosts 9 is not possible; a testbed has 2 to 8 hosts"),
      ({ try TestbedLayout(hostCount: 1, rate: gigabit) }, "--hosts 1 is not possible; a testbed has 2 to 8 hosts"),
      (
        { try TestbedLayout(hostCount: 2, rate: gigabit, linkRates: [2: gigabit]) },
        "--link-rate names host 2, which is not there; hosts are 0 to 1"
      ),
      (
        { try TestbedLayout(hostCount: 2, rate: gigabit, cpuShares: [-1: 0.5]) },
        "--cpu-share names host -1, which is not there; hosts are 0 to 1"
      ),
      (
        { try TestbedLayout(hostCount: 2, rate: Bandwidth(bitsPerSecond: 1)) },
        "a rate of 1 bps is not possible; a link has 1 Mbps to 40 Gbps"
      ),
      (
        { try TestbedLayout(hostCount: 2, rate: gigabit, delay: .seconds(2)) },
        "--delay 2 s is not possible; at most 1 s is"
      ),
      (
        { try TestbedLayout(hostCount: 3, rate: gigabit, bottleneck: Bottleneck(parsing: "0|1=1 Gbps")) },
        "--bottleneck has to name each of the hosts 0 to 2 once; it names 0|1"
      ),
    ]
    for (make, message) in refusals {
      let error = #expect(throws: TestbedError.self) { try make() }
      #expect(error?.description == message)
      #expect(error?.kind == .request)
    }
  }

  @Test("values for single hosts are read")
  func valuesForSingleHostsAreRead() throws {
    #expect(try HostOption.linkRate("1=100 Mbps") == (1, Bandwidth(bitsPerSecond: 1e8)))
    #expect(try HostOption.cpuShare("50%:1") == (1, 0.5))
    #expect(try HostOption.cpuShare("0.25") == (nil, 0.25))
    let bottleneck = try Bottleneck(parsing: "2,0 | 1,3=200 Mbps")
    #expect(bottleneck.sides == [[0, 2], [1, 3]])
    #expect(bottleneck.rate == Bandwidth(bitsPerSecond: 2e8))
    #expect((0..<4).map(bottleneck.side) == [0, 1, 0, 1])
  }

  @Test(
    "wrong link rates are refused",
    arguments: [
      ("1:100 Mbps", "--link-rate \"1:100 Mbps\" is not a host and a rate; write for example 1=\"100 Mbps\""),
      ("1=100", "--link-rate: \"100\" is not a bandwidth: the unit is missing; write "),
    ])
  func wrongLinkRatesAreRefused(text: String, message: String) {
    let error = #expect(throws: TestbedError.self) { try HostOption.linkRate(text) }
    #expect(error?.description.hasPrefix(message) == true)
  }

  @Test(
    "wrong shares are refused",
    arguments: [
      ("50%:x", "--cpu-share \"50%:x\" is not a share and a host; write for example 50%:1, or 50% for all hosts"),
      ("150%", "--cpu-share: \"150%\" is not allowed: a ratio must be greater than 0 and at most 1 here"),
    ])
  func wrongSharesAreRefused(text: String, message: String) {
    let error = #expect(throws: TestbedError.self) { try HostOption.cpuShare(text) }
    #expect(error?.description == message)
  }

  @Test("wrong bottlenecks are refused", arguments: ["0,1", "0,1=1 Gbps", "0||1=1 Gbps", "a|b=1 Gbps", "0|1|2=1 Gbps"])
  func wrongBottlenecksAreRefused(text: String) {
    let error = #expect(throws: TestbedError.self) { try Bottleneck(parsing: text) }
    #expect(error?.description.contains("write for example \"0,1|2,3=200 Mbps\"") == true)
  }
}
