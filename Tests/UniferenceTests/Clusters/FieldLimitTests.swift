import Communication
import Quantities
import Tensors
import Testing

@testable import Uniference

@Suite("Limits of a cluster file's figures")
struct FieldLimitTests {
  /// A field, what stands around its value, and values: allowed ones, then ones that are not.
  static let fields: [(path: String, before: String, after: String, allowed: [String], refused: [String])] = [
    (
      "network.link.bandwidth", "link: {bandwidth: ", "}", ["1 bps", "1000 TB/s"],
      ["0.99 bps", "1001 TB/s", "1e308 bps"]
    ),
    ("network.link.latency", link, "}", ["0", "1 h"], ["61 min", "3000 h", "1e300 s"]),
    ("network.link.jitter", "link: {bandwidth: 1 Gbps, jitter: ", "}", ["0", "1 h"], ["61 min"]),
    ("network.link.burst", "link: {bandwidth: 1 Gbps, burst: ", "}", ["0", "1 TB"], ["1.1 TB", "1e30 TB"]),
    ("network.link.packet", "link: {bandwidth: 1 Gbps, packet: ", "}", ["0", "1 TB"], ["2 TB"]),
    ("network.link.loss", "link: {bandwidth: 1 Gbps, loss: ", "}", ["0", "0.999999"], ["1", "-1", "2"]),
    ("network.oversubscription", tree, "", ["0.000001", "1000000"], ["1e308", "1e-7", "0"]),
    ("network.transport.wire_factor", transport + "wire_factor: ", "}", ["0.000001", "1e6"], ["1e12", "1e-7", "0"]),
    ("network.transport.per_collective", transport + "per_collective: ", "}", ["0", "1 h"], ["2 h"]),
    ("network.transport.reduce_per_byte", transport + "reduce_per_byte: ", "}", ["1 s", "1 B/s"], ["2 s", "0.1 B/s"]),
    ("network.transport.header", transport + "header: ", "}", ["0", "1 GB"], ["2 GB"]),
    ("network.transport.send_buffer", transport + "send_buffer: ", "}", ["0", "1 TB", "none"], ["2 TB"]),
    (
      "network.transport.shared_cores", transport + "shared_cores: ", "}", ["1", "1024", "none"], ["0", "1025", "1e3"]
    ),
    (
      "network.changes[0].at", "link: {bandwidth: 1 Gbps}\n  changes: [{link: d-0->switch, bandwidth: 1 bps, at: ",
      "}]",
      ["0", "2544 h"], ["2545 h", "1e300 s"]
    ),
  ]

  private static let link = "link: {bandwidth: 1 Gbps, latency: "
  private static let tree =
    "topology: two-level-tree\n  hosts_per_leaf: 2\n  link: {bandwidth: 1 Gbps}\n  oversubscription: "
  private static let transport = "link: {bandwidth: 1 Gbps}\n  transport: {"

  /// Figures of a device.
  static let figures: [(field: String, allowed: [String], refused: [String])] = [
    ("speed", ["0.000001", "1e6"], ["1e-30", "1e7", "0"]),
    ("quota", ["{share: 0.000001}", "{share: 100%}"], ["{share: 1e-30}", "{share: 101%}"]),
    ("memory", ["2 GB", "64 TB"], ["65 TB", "0"]),
    ("memory_bandwidth", ["1 B/s", "1000000 TB/s"], ["0.5 B/s", "1e7 TB/s"]),
    ("memory_efficiency", ["0.000001", "1"], ["1e-9", "1.5"]),
    ("peak_float16", ["1 FLOPS", "1000000 EFLOPS"], ["0.1 FLOPS", "1e7 EFLOPS"]),
    ("compute_efficiency", ["0.000001", "1"], ["1e-300", "120%"]),
    ("launch_overhead", ["0", "1 h"], ["2 h"]),
    ("host_link", ["1 B/s", "64 GB/s"], ["0.5 B/s", "1e7 TB/s"]),
    ("busy_power", ["1 kW", "1000 MW"], ["1001 MW", "-1 W"]),
    ("memory_bound_power", ["0", "60%", "1"], ["1.1", "-1%"]),
    ("polling_power", ["0", "0.4", "100%"], ["101%", "-1"]),
    ("network_energy_per_byte", ["0", "1000 J/B"], ["1001 J/B"]),
    ("count", ["1", "99996"], ["0", "100001", "1.5", "99999999999999999999"]),
  ]

  private func cluster(device: String = "", network: String) throws -> Cluster {
    try Cluster(
      yaml: """
        devices:
          - {name: d, count: 4, model: h100-sxm}
          - {name: e, model: h100-sxm\(device)}
        network:
          \(network)
        """, file: "c.yaml")
  }

  @Test("of a network are what they are said to be", arguments: fields)
  func network(path: String, before: String, after: String, allowed: [String], refused: [String]) throws {
    for value in allowed { _ = try cluster(network: before + value + after) }
    for value in refused {
      let error = try #require(throws: DocumentError.self, "\(value)") { try cluster(network: before + value + after) }
      #expect(error.field == path || error.field.hasPrefix(path), "\(value): \(error)")
      #expect(!error.description.contains("\n"))
    }
  }

  @Test("of a device are what they are said to be", arguments: figures)
  func device(field: String, allowed: [String], refused: [String]) throws {
    let network = "link: {bandwidth: 1 Gbps}"
    for value in allowed { _ = try cluster(device: ", \(field): \(value)", network: network) }
    for value in refused {
      let error = try #require(throws: DocumentError.self, "\(value)") {
        try cluster(device: ", \(field): \(value)", network: network)
      }
      #expect(error.field.hasPrefix("devices[1].\(field)"), "\(value): \(error)")
    }
  }
}

@Suite("Runs that virtual time does not suffice for")
struct TimeExceededTests {
  private func failure(
    device: String = "", network: String, _ body: @escaping @Sendable (Rank) async throws -> Void
  ) throws -> String {
    let cluster = try Cluster(
      yaml: """
        devices: [{name: d, count: 2, model: h100-sxm\(device)}]
        network: {\(network)}
        """)
    for usesMemoisedTiming in [false, true] {
      var options = SimulationOptions()
      options.usesMemoisedTiming = usesMemoisedTiming
      let failure = try #require(throws: RunFailure.self) { try World.simulate(cluster, options: options, body) }
      #expect(failure.isTimeExceeded, "\(failure)")
      if usesMemoisedTiming { return failure.description }
    }
    return ""
  }

  private static let end = "would take longer than virtual time can tell, 106 days: "

  @Test("end with what takes so long: a message, a collective, a computation, a sleep")
  func subjects() throws {
    let message = try failure(network: "link: {bandwidth: 1 bps}") { rank in
      if rank.index == 0 { try await rank.world.send(ByteCount(byteCount: 1 << 40), to: 1) }
      if rank.index == 1 { _ = try await rank.world.receive(ByteCount.self, from: 0) }
    }
    #expect(
      message.hasPrefix("the message of 1099511627776 B from host 0 to host 1 at 1 bps \(Self.end)"), "\(message)")
    let factor = try failure(network: "link: {bandwidth: 1 kbps}, transport: {wire_factor: 1e6}") { rank in
      _ = try await rank.world.allReduce(ByteCount(byteCount: 1 << 30))
    }
    #expect(factor.contains(Self.end), "\(factor)")
    let computation = try failure(device: ", peak_float32: 1 FLOPS", network: "link: {bandwidth: 1 Gbps}") { rank in
      let matrix = try Tensor(uninitialized: [4096, 4096], elementType: .float32, on: rank.device, label: "matrix")
      _ = try matrix.matmul(matrix)
    }
    #expect(computation.hasPrefix("matmul on d-0 \(Self.end)"), "\(computation)")
    let sleep = try failure(network: "link: {bandwidth: 1 Gbps}") { rank in
      for _ in 0..<2 { try await rank.clock.sleep(for: .seconds(9_000_000)) }
    }
    #expect(sleep.contains(Self.end), "\(sleep)")
  }

  @Test("whose processor quota is nearly nothing, with changes of speed on the way, do not take for ever to say so")
  func quotas() throws {
    let slow = """
      , quota: {share: 0.000001, period: 1 us}, slowdowns: [{from: 1 h, until: 2 h, speed: 0.5}]
      """
    let quota = try failure(device: slow, network: "link: {bandwidth: 1 Gbps}") { rank in
      try rank.compute(for: .seconds(100), operation: "long work")
    }
    #expect(quota.hasPrefix("long work on d-0 \(Self.end)"), "\(quota)")
  }
}
