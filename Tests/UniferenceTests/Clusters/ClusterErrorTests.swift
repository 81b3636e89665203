import Testing

@testable import Uniference

@Suite struct ClusterErrorTests {
  /// A valid file but for `change`, which replaces `original`.
  private static func file(replacing original: String, with change: String) -> String {
    ClusterFileTests.fourJetsons.replacing(original, with: change)
  }

  private static let bandwidthUnits =
    "bps, kbps, Mbps, Gbps, Tbps, B/s, kB/s, MB/s, GB/s, TB/s, KiB/s, MiB/s, GiB/s, TiB/s"

  static let changes: [(original: String, change: String, message: String)] = [
    (
      "1 Gbps", "1 GBPS",
      "c.yaml:6: network.link.bandwidth: \"1 GBPS\" is not a bandwidth: unknown unit \"GBPS\" (did you mean \"GBps\"?); "
        + "write a number and one of \(bandwidthUnits)"
    ),
    (
      "1 Gbps", "1000",
      "c.yaml:6: network.link.bandwidth: \"1000\" is not a bandwidth: the unit is missing; write a number and one of "
        + bandwidthUnits
    ),
    (
      "1 Gbps", "-1 Gbps",
      "c.yaml:6: network.link.bandwidth: \"-1 Gbps\" is not allowed: a bandwidth must be greater than zero here"
    ),
    (
      "1 Gbps", "0 Gbps",
      "c.yaml:6: network.link.bandwidth: \"0 Gbps\" is not allowed: a bandwidth must be greater than zero here"
    ),
    (
      "0.5 ms", "2 h",
      "c.yaml:6: network.link.latency: \"2 h\" is not allowed: a duration must lie between 0 s and 1 h here"
    ),
    (
      "0.5 ms", "0.5 ms, loss: 1",
      "c.yaml:6: network.link.loss: \"1\" is not allowed: a link that loses all is none"
    ),
    (
      "bandwidth:", "bandwith:",
      "c.yaml:6: network.link.bandwith: unknown field \"bandwith\": did you mean \"bandwidth\"? Allowed: bandwidth, "
        + "latency, jitter, loss, burst, packet"
    ),
    (
      "bandwidth: 1 Gbps, ", "",
      "c.yaml:6: network.link.bandwidth: is missing; write for example bandwidth: 1 Gbps"
    ),
    (
      "{bandwidth: 1 Gbps, latency: 0.5 ms}", "1 Gbps",
      "c.yaml:6: network.link: expected a mapping of a link's fields (bandwidth, latency, jitter, loss, burst, packet), "
        + "found \"1 Gbps\""
    ),
    (
      "switch", "swich",
      "c.yaml:5: network.topology: unknown topology \"swich\": did you mean \"switch\"? Allowed: switch, wifi, shared, "
        + "mesh, star, ring, line, torus, two-level-tree, fat-tree, nodes, sites, graph"
    ),
    (
      "switch", "torus",
      "c.yaml:5: network.dimensions: is missing; write for example dimensions: [4, 4]"
    ),
    (
      "switch", "torus\n  dimensions: [3, 2]",
      "c.yaml:5: network.topology: dimensions: 3 x 2 = 6, but the cluster has 4 devices"
    ),
    (
      "switch", "torus\n  dimensions: [3037000500, 3037000500, 4]",
      "c.yaml:6: network.dimensions[0]: \"3037000500\" is not allowed: write a whole number from 1 to 100000"
    ),
    (
      "switch", "sites\n  hosts_per_site: [2, 1]\n  wide_area: {bandwidth: 1 Mbps}",
      "c.yaml:5: network.topology: hosts_per_site: 2 + 1 = 3, but the cluster has 4 devices"
    ),
    (
      "switch", "fat-tree\n  arity: 3",
      "c.yaml:5: network.topology: a fat tree's arity is an even number of ports, not 3"
    ),
    (
      "switch", "fat-tree\n  arity: 2",
      "c.yaml:5: network.topology: a fat tree of arity 2 has arity^3 / 4 = 2 hosts, fewer than 4"
    ),
    (
      "switch", "fat-tree\n  arity: 1000",
      "c.yaml:5: network.topology: the network would have 1500000000 links, more than 20000000; make it smaller"
    ),
    (
      "switch", "graph\n  cables: [{from: jetson-0, to: jetson-1}, {from: jetson-2, to: jetson-3}]",
      "c.yaml:5: network.topology: no path leads from jetson-0 to jetson-2; connect them by a link or put them on one "
        + "switch"
    ),
    (
      "switch", "graph\n  cables: [{from: a, to: a}]",
      "c.yaml:6: network.cables[0]: the cable leads from \"a\" to itself"
    ),
    (
      "switch", "switch\n  links: {jetson-4: {bandwidth: 1 Mbps}}",
      "c.yaml:6: network.links.jetson-4: there is no device \"jetson-4\": did you mean \"jetson-0\"? the cluster has "
        + "jetson, jetson-0, jetson-1, jetson-2, jetson-3"
    ),
    (
      "switch", "switch\n  duplex: both",
      "c.yaml:6: network.duplex: unknown duplex \"both\"; allowed: full, half"
    ),
    (
      "switch", "switch\n  changes: [{link: host9->switch, at: 1 s, bandwidth: 1 Mbps}]",
      "c.yaml:6: network.changes[0].link: there is no link \"host9->switch\": did you mean \"host0->switch\"? the "
        + "links are jetson-0->switch, switch->jetson-0, jetson-1->switch, switch->jetson-1, jetson-2->switch, ..."
    ),
    (
      "switch", "switch\n  changes: [{link: host0->switch, at: 1 s}]",
      "c.yaml:6: network.changes[0]: give one of bandwidth (the new one) and down_until (when an outage ends, or never)"
    ),
    (
      "switch", "switch\n  changes: [{link: host0->switch, at: 2 s, down_until: 1 s}]",
      "c.yaml:6: network.changes[0].down_until: \"1 s\" is not allowed: the outage begins at 2 s, so it must end later"
    ),
    (
      "ideal", "gloo",
      "c.yaml:7: network.transport: unknown transport \"gloo\": did you mean \"gloo-tcp\"? Allowed: ideal, gloo-tcp, nccl, "
        + "a profile's file (PATH.yaml)"
    ),
    (
      "ideal", "none.yaml", "c.yaml:7: network.transport: none.yaml cannot be read: No such file or directory"
    ),
    (
      "ideal", "{send: {per_message: 5}}",
      "c.yaml:7: network.transport.send.per_message: \"5\" is not a duration: the unit is missing; write a number and "
        + "one of ps, ns, us, ms, s, min, h"
    ),
    (
      "ideal", "{shared_cores: 0}",
      "c.yaml:7: network.transport.shared_cores: \"0\" is not allowed: write a whole number from 1 to 1024"
    ),
    (
      "ideal", "{wake: {before: 1 us}}",
      "c.yaml:7: network.transport.wake.before: unknown field \"before\"; allowed: latency, after"
    ),
    (
      "ideal", "{wire_factor: [[4 KiB, 1], [1 KiB, 2]]}",
      "c.yaml:7: network.transport.wire_factor: the points of a piecewise linear function must rise in x"
    ),
    (
      "ideal", "ideal\n  collectives: glo",
      "c.yaml:8: network.collectives: unknown selector of algorithms \"glo\": did you mean \"gloo\"? Allowed: ideal, "
        + "gloo, nccl, nccl-simple, custom"
    ),
    (
      "ideal", "ideal\n  collectives: {all_reduce: bruck}",
      "c.yaml:8: network.collectives.all_reduce: unknown algorithm for all_reduce \"bruck\"; allowed: ring, "
        + "segmented_ring, recursive_doubling, recursive_halving_doubling, double_binary_tree, hierarchical, "
        + "node_tree, one_shot, two_shot, in_switch, in_switch_tree"
    ),
    (
      "jetson-orin-nano}", "jetson-orin-nanoo}",
      "c.yaml:3: devices[0].model: unknown device \"jetson-orin-nanoo\": did you mean \"jetson-orin-nano\"? "
        + "(uniference devices lists all)"
    ),
    (
      ", model: jetson-orin-nano}", "}",
      "c.yaml:3: devices[0].model: is missing; write for example model: jetson-orin-nano"
    ),
    (
      "count: 4", "count: 0",
      "c.yaml:3: devices[0].count: \"0\" is not allowed: write a whole number from 1 to 100000"
    ),
    (
      "count: 4", "count: 4.5",
      "c.yaml:3: devices[0].count: \"4.5\" is not allowed: write a whole number from 1 to 100000"
    ),
    (
      "count: 4", "busy_powr: 4 W",
      "c.yaml:3: devices[0].busy_powr: unknown field \"busy_powr\": did you mean \"busy_power\"? Allowed: name, model, "
        + "count, compute, speed, slowdowns, quota, kernels, memory, reserved_memory, memory_bandwidth, "
        + "memory_efficiency, peak_float64, peak_float32, peak_float16, peak_bfloat16, peak_float8, peak_float4, "
        + "peak_int8, compute_efficiency, launch_overhead, host_link, idle_power, busy_power, memory_bound_power, polling_power, "
        + "network_energy_per_byte"
    ),
    (
      "count: 4", "memory: 1 GiB",
      "c.yaml:3: devices[0]: memory: nothing is left of 1 GiB after reserved_memory of 1.5 GiB; reserved_memory must be "
        + "smaller than memory"
    ),
    (
      "count: 4", "compute_efficiency: 120%",
      "c.yaml:3: devices[0].compute_efficiency: \"120%\" is not allowed: a ratio must lie between 0.000001 and 1 here"
    ),
    (
      "count: 4", "speed: 0",
      "c.yaml:3: devices[0].speed: \"0\" is not allowed: a ratio must be greater than zero here"
    ),
    (
      "count: 4", "slowdowns: [{from: 2 s, until: 1 s, speed: 0.5}]",
      "c.yaml:3: devices[0].slowdowns: the slowdown from 2 s until 1 s at speed 0.5 is empty: it must begin at 0 s or "
        + "later and end after it begins"
    ),
    (
      "count: 4", "quota: {share: 150%}",
      "c.yaml:3: devices[0].quota.share: \"150%\" is not allowed: a ratio must lie between 0.000001 and 1 here"
    ),
    (
      "count: 4", "compute: measured",
      "c.yaml:3: devices[0].compute: unknown compute model \"measured\"; allowed: roofline, instant"
    ),
    (
      "nano}", "nano}\n  - {name: jetson-3, model: mac-m1}",
      "c.yaml:4: devices[1]: a second device is called \"jetson-3\"; give the entries different names"
    ),
    (
      "- {name", "  {name",
      "c.yaml:3: devices: expected a list of devices such as {name: jetson, count: 4, model: jetson-orin-nano}, found "
        + "a mapping"
    ),
    ("name: four-jetsons", "name: [a, b]", "c.yaml:1: name: expected the cluster's name, found a list"),
    (
      "name: four-jetsons", "failures: [{device: jetson, at: 1 s}]",
      "c.yaml:1: failures[0].device: there is no device \"jetson\": did you mean \"jetson-0\"? the cluster has "
        + "jetson-0, jetson-1, jetson-2, jetson-3"
    ),
    (
      "name: four-jetsons", "nam: four-jetsons",
      "c.yaml:1: nam: unknown field \"nam\": did you mean \"name\"? Allowed: name, devices, network, failures"
    ),
    (
      "name: four-jetsons", "name: a\nname: b",
      "c.yaml:1: \"name\" is given more than once; write it once"
    ),
    (
      "name: four-jetsons", "name: \"a",
      "c.yaml:7: not YAML: while scanning a quoted scalar, found unexpected end of stream"
    ),
    ("name: four-jetsons", "name: *a", "c.yaml:1: not YAML: found undefined alias"),
    ("name: four-jetsons", "name: \"\u{7}\"", "c.yaml:1: not YAML: control characters are not allowed"),
    ("name: four-jetsons", "? [a]\n: b", "c.yaml:1: the name of a field must be text"),
    (
      "name: four-jetsons\n", "--- \n---\n",
      "c.yaml:2: not YAML: expected a single document in the stream, but found another document"
    ),
    (
      "network:", "network: null\nfailures:",
      "c.yaml:1: network: is missing; write for example network: {topology: switch, link: {bandwidth: 1 Gbps, "
        + "latency: 0.5 ms}}"
    ),
  ]

  @Test("one line says what is wrong", arguments: changes) func oneLineSaysWhatIsWrong(
    original: String, change: String, message: String
  ) throws {
    let text = Self.file(replacing: original, with: change)
    try #require(text != ClusterFileTests.fourJetsons)
    let error = try #require(throws: DocumentError.self) { try Cluster(yaml: text, file: "c.yaml") }
    #expect(error.description == message)
  }

  @Test(
    "whole files",
    arguments: [
      ("", "c.yaml:1: the file is empty"), ("# only a comment\n", "c.yaml:1: the file is empty"),
      (
        "just text",
        "c.yaml:1: expected a mapping of a cluster's fields (name, devices, network, failures), found \"just text\""
      ),
      ("- a\n", "c.yaml:1: expected a mapping of a cluster's fields (name, devices, network, failures), found a list"),
      ("devices: []", "c.yaml:1: devices: the list is empty; a cluster has at least one device"),
      (
        "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
          + "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
          + "e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
        "c.yaml:1: f[0][6][8][8][8][7]: the document has more than 200000 values"
      ),
      (String(repeating: "[", count: 100) + String(repeating: "]", count: 100), "NESTED"),
    ]) func wholeFiles(text: String, message: String) throws
  {
    let error = try #require(throws: DocumentError.self) { try Cluster(yaml: text, file: "c.yaml") }
    if message == "NESTED" {
      #expect(error.description.hasSuffix(": the document is nested more than 64 deep"))
    } else {
      #expect(error.description == message)
    }
  }

  @Test("files that cannot be read")
  func filesThatCannotBeRead() throws {
    let missing = try #require(throws: DocumentError.self) { try Cluster(contentsOf: "/nowhere/c.yaml") }
    #expect(missing.description == "/nowhere/c.yaml: cannot be read: No such file or directory")
    #expect(missing.isUnreadable)
    let folder = try #require(throws: DocumentError.self) { try Cluster(contentsOf: "/tmp") }
    #expect(folder.description == "/tmp: cannot be read: Is a directory")
  }
}
