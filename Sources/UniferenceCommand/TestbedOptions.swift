import ArgumentParser
import Quantities
import Testbed

/// Options that describe a testbed.
struct TestbedOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many hosts, 2 to 8; 2 unless given.", valueName: "count"))
  var hosts: Int?

  @Option(help: ArgumentHelp("Rate of every link, in each direction; 1 Gbps unless given.", valueName: "1 Gbps"))
  var rate: String?

  @Option(help: ArgumentHelp("One-way delay of every host's link; a message crosses two.", valueName: "1 ms"))
  var delay: String?

  @Option(help: ArgumentHelp("Another rate for one host's link; may be repeated.", valueName: "host=rate"))
  var linkRate: [String] = []

  @Option(
    help: ArgumentHelp(
      "Share of its cores that a host may use, such as 50%:1, or 50% for all hosts; may be repeated.",
      valueName: "share:host"))
  var cpuShare: [String] = []

  @Option(
    help: ArgumentHelp(
      "Two groups of hosts with a shared link between them, such as \"0,1|2,3=200 Mbps\".", valueName: "groups=rate"))
  var bottleneck: String?

  func layout() throws(TestbedError) -> TestbedLayout {
    let rates = try linkRate.map { (text) throws(TestbedError) in try HostOption.linkRate(text) }
    let hosts = self.hosts ?? 2
    return try TestbedLayout(
      hostCount: hosts, rate: try quantity(rate ?? "1 Gbps", option: "--rate"),
      linkRates: Dictionary(rates.map { ($0.host, $0.rate) }, uniquingKeysWith: { $1 }),
      delay: try quantity(delay ?? "0 s", option: "--delay"), cpuShares: try shares(hosts: hosts),
      bottleneck: try bottleneck.map { (text) throws(TestbedError) in try Bottleneck(parsing: text) })
  }

  private func shares(hosts: Int) throws(TestbedError) -> [Int: Double] {
    var shares: [Int: Double] = [:]
    for text in cpuShare {
      let (host, share) = try HostOption.cpuShare(text)
      for host in host.map({ [$0] }) ?? Array(0..<max(0, hosts)) { shares[host] = share }
    }
    return shares.filter { $0.value < 1 || !(0..<hosts).contains($0.key) }
  }

  private func quantity<Value: ParsableQuantity>(_ text: String, option: String) throws(TestbedError) -> Value {
    do { return try Value(parsing: text, .notNegative) } catch { throw TestbedError(.request, "\(option): \(error)") }
  }

  /// The first option that was given.
  var given: String? {
    let options: [(String, Bool)] = [
      ("--hosts", hosts != nil), ("--rate", rate != nil), ("--delay", delay != nil), ("--link-rate", !linkRate.isEmpty),
      ("--cpu-share", !cpuShare.isEmpty), ("--bottleneck", bottleneck != nil),
    ]
    return options.first { $0.1 }?.0
  }
}
