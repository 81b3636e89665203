import Quantities

/// The cluster file of a bed: what a simulation of it is given.
public struct ClusterText {
  private let layout: BedLayout
  private let name: String

  /// The file of a bed of a name.
  public init(_ layout: BedLayout, name: String) {
    self.layout = layout
    self.name = name
  }

  /// The file but for its last line, ``transport(_:)``.
  public var body: String {
    let lines =
      [
        "# A bed of \(layout.hostCount) hosts inside one machine, as `uniference testbed` makes it.", "name: \(name)",
        "devices:",
      ] + layout.hosts.map(device) + ["network:"]
      + (layout.bottleneck.map(graph) ?? star)
    return lines.joined(separator: "\n") + "\n"
  }

  private func device(_ host: Int) -> String {
    let speed = layout.cpuShares[host].map { ", speed: \($0)" } ?? ""
    return "  - {name: host\(host), model: cpu-server\(speed)}"
  }

  private var star: [String] {
    let slower = layout.hosts.compactMap { host in
      layout.linkRates[host].map { "host\(host): {bandwidth: \(text($0))}" }
    }
    return ["  topology: switch", "  link: \(figures(layout.rate, layout.delay))"]
      + (slower.isEmpty ? [] : ["  links: {\(slower.joined(separator: ", "))}"])
  }

  private func graph(_ bottleneck: Bottleneck) -> [String] {
    ["  topology: graph", "  link: \(figures(layout.rate, layout.delay))", "  cables:"]
      + layout.hosts.map { host in
        let rate = layout.linkRates[host].map { ", bandwidth: \(text($0))" } ?? ""
        return "    - {from: host\(host), to: switch\(bottleneck.side(of: host))\(rate)}"
      } + ["    - {from: switch0, to: switch1, bandwidth: \(text(bottleneck.rate)), latency: 0 s}"]
  }

  private func figures(_ rate: Bandwidth, _ delay: Duration) -> String {
    "{bandwidth: \(text(rate)), latency: \(formatNumber(delay.inSeconds * 1e6, significantDigits: 9)) us}"
  }

  private func text(_ rate: Bandwidth) -> String {
    "\(formatNumber(rate.bitsPerSecond / 1e6, significantDigits: 9)) Mbps"
  }

  /// The line that names a transport.
  ///
  /// - Parameter profile: a profile's name or the path of its file.
  public static func transport(_ profile: String) -> String {
    "  transport: '\(profile.replacing("'", with: "''"))'\n"
  }
}
