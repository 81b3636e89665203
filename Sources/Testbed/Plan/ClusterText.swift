import Quantities

/// The cluster file of a testbed: what a simulation of it is given.
public struct ClusterText {
  private let layout: TestbedLayout

  /// The file of a testbed.
  public init(_ layout: TestbedLayout) { self.layout = layout }

  /// The file but for its last line, ``transport(_:)``.
  public var body: String {
    let lines =
      [
        "# A testbed of \(layout.hostCount) hosts inside one machine, as `uniference testbed` makes it.",
        "name: testbed",
        "devices:",
      ] + layout.hosts.map(device) + ["network:"]
      + (layout.bottleneck.map(graph) ?? star)
    return lines.joined(separator: "\n") + "\n"
  }

  private func device(_ host: Int) -> String {
    let quota = layout.cpuShares[host].map { share in
      ", quota: {share: \(share), period: \(ControlGroup.periodMicroseconds(cores: share)) us}"
    }
    return "  - {name: host\(host), model: cpu-server\(quota ?? "")}"
  }

  private var star: [String] {
    let others = layout.linkRates.sorted { $0.key < $1.key }.map { "host\($0.key): {\(figures($0.value))}" }
    return ["  topology: switch", "  link: {\(figures(layout.rate)), \(latency)}"]
      + (others.isEmpty ? [] : ["  links: {\(others.joined(separator: ", "))}"])
  }

  private func graph(_ bottleneck: Bottleneck) -> [String] {
    ["  topology: graph", "  link: {\(figures(layout.rate)), \(latency)}", "  cables:"]
      + layout.hosts.map { host in
        let other = layout.linkRates[host].map { ", \(figures($0))" } ?? ""
        return "    - {from: host\(host), to: switch\(bottleneck.side(of: host))\(other)}"
      } + ["    - {from: switch0, to: switch1, \(figures(bottleneck.rate)), latency: 0 s}"]
  }

  private var latency: String { "latency: \(formatNumber(layout.delay.inSeconds * 1e6, significantDigits: 9)) us" }

  /// What the shaper does: the rate on the wire, what passes at once, and in which packets.
  private func figures(_ rate: Bandwidth) -> String {
    let megabits = formatNumber(rate.bitsPerSecond / 1e6, significantDigits: 9)
    let shaper = LinkShaper(rate: rate, hostCount: layout.hostCount)
    return "bandwidth: \(megabits) Mbps, burst: \(shaper.burstBytes) B, packet: \(shaper.packetBytes) B"
  }

  /// The line that names a transport.
  ///
  /// - Parameter profile: a profile's name or the path of its file.
  public static func transport(_ profile: String) -> String {
    "  transport: '\(profile.replacing("'", with: "''"))'\n"
  }
}
