import Quantities

/// The hosts of a testbed and what lies between them.
///
/// Hosts are numbered from 0. Each has one link, to a switch or, with a ``Bottleneck``, to the switch of its side.
public struct TestbedLayout: Hashable, Sendable {
  /// How many hosts a testbed may have.
  public static let allowedHosts = 2...8

  /// Number of hosts.
  public let hostCount: Int
  /// Rate of the links on the wire, in each direction, in Ethernet frames without preamble and gap.
  public let rate: Bandwidth
  /// Rates of single hosts' links, instead of ``rate``.
  public let linkRates: [Int: Bandwidth]
  /// One-way delay of each host's link, so that a message over the switch meets it twice.
  public let delay: Duration
  /// Share of its cores that a host may use, for hosts that may not use them all.
  public let cpuShares: [Int: Double]
  /// The slower link between two groups of hosts, if there is one.
  public let bottleneck: Bottleneck?

  /// A layout that is possible.
  ///
  /// - Throws: one line that names the option at fault, and what is allowed.
  public init(
    hostCount: Int, rate: Bandwidth, linkRates: [Int: Bandwidth] = [:], delay: Duration = .zero,
    cpuShares: [Int: Double] = [:], bottleneck: Bottleneck? = nil
  ) throws(TestbedError) {
    guard Self.allowedHosts.contains(hostCount) else {
      throw TestbedError(.request, "--hosts \(hostCount) is not possible; a testbed has 2 to 8 hosts")
    }
    for (option, hosts) in [("--link-rate", linkRates.keys.sorted()), ("--cpu-share", cpuShares.keys.sorted())] {
      if let host = hosts.first(where: { !(0..<hostCount).contains($0) }) {
        throw TestbedError(
          .request, "\(option) names host \(host), which is not there; hosts are 0 to \(hostCount - 1)")
      }
    }
    for rate in [rate] + linkRates.values + [bottleneck?.rate].compactMap(\.self) {
      guard Self.allowedRates.contains(rate.bitsPerSecond) else {
        throw TestbedError(.request, "a rate of \(rate) is not possible; a link has 1 Mbps to 40 Gbps")
      }
    }
    guard (.zero...Self.longestDelay).contains(delay) else {
      throw TestbedError(.request, "--delay \(delay.shortDescription) is not possible; at most 1 s is")
    }
    try bottleneck?.check(hostCount: hostCount)
    self.hostCount = hostCount
    self.rate = rate
    self.linkRates = linkRates
    self.delay = delay
    self.cpuShares = cpuShares
    self.bottleneck = bottleneck
  }

  private static let allowedRates = 1e6...40e9
  private static let longestDelay = Duration.seconds(1)

  /// The hosts' numbers.
  public var hosts: Range<Int> { 0..<hostCount }

  /// The rate of a host's link.
  public func rate(of host: Int) -> Bandwidth { linkRates[host] ?? rate }

  /// The side of the bottleneck that a host is on; 0 without one.
  func side(of host: Int) -> Int { bottleneck?.side(of: host) ?? 0 }
}
