import Communication
import Devices
import Hosts
import Network
import Quantities
import Simulation
import Testing

@testable import Uniference

@Suite struct ClusterFileTests {
  static let fourJetsons = """
    name: four-jetsons
    devices:
      - {name: jetson, count: 4, model: jetson-orin-nano}
    network:
      topology: switch
      link: {bandwidth: 1 Gbps, latency: 0.5 ms}
      transport: ideal
    """

  @Test("the shortest file")
  func theShortestFile() throws {
    let cluster = try Cluster(yaml: Self.fourJetsons)
    #expect(cluster.name == "four-jetsons")
    #expect(cluster.devices.map(\.name) == ["jetson-0", "jetson-1", "jetson-2", "jetson-3"])
    #expect(cluster.devices.allSatisfy { $0.specification == .jetsonOrinNano && $0.speed == .normal })
    #expect(cluster.transport == .ideal)
    #expect(cluster.collectives == .ideal)
    #expect(cluster.nodeOfRank == [0, 1, 2, 3])
    let topology = try cluster.makeTopology()
    #expect(topology.hostCount == 4)
    #expect(topology.links.allSatisfy { $0 == Link(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(500)) })
  }

  @Test("programs describe the same cluster")
  func programsDescribeTheSameCluster() throws {
    let file = try Cluster(yaml: Self.fourJetsons)
    let program = Cluster(
      devices: .jetsonOrinNano, count: 4,
      network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(500)))
    #expect(try Array(file.makeTopology().links) == Array(program.makeTopology().links))
    #expect(file.devices.map(\.specification) == program.devices.map(\.specification))
  }

  @Test("defaults")
  func defaults() throws {
    let cluster = try Cluster(yaml: "devices: [{model: h100-sxm}]", file: "folder/lonely.yaml")
    #expect(cluster.name == "lonely")
    #expect(cluster.devices.map(\.name) == ["h100-sxm"])
    #expect(try cluster.makeTopology().hostCount == 1)
  }

  @Test("every device figure can be overridden")
  func everyDeviceFigureCanBeOverridden() throws {
    let figures = [
      "memory": "16 GB", "reserved_memory": "1 GB", "memory_bandwidth": "50 GB/s", "memory_efficiency": "50%",
      "peak_float64": "1 GFLOPS", "peak_float32": "2 TFLOPS", "peak_float16": "3 TFLOPS", "peak_bfloat16": "4 TFLOPS",
      "peak_float8": "5 TFLOPS", "peak_float4": "7 TFLOPS", "peak_int8": "6 TOPS", "compute_efficiency": "0.4",
      "launch_overhead": "3 us", "host_link": "20 GB/s",
      "idle_power": "2 W", "busy_power": "25 W", "memory_bound_power": "60%", "polling_power": "0.3",
      "network_energy_per_byte": "8 nJ/B",
    ]
    #expect(Set(figures.keys) == Set(DeviceField.allCases.map(\.rawValue)))
    let fields = figures.map { "\($0): \($1)" }.sorted().joined(separator: ", ")
    let cluster = try Cluster(yaml: "devices: [{model: jetson-orin-nano, \(fields)}]")
    let listing = cluster.devices[0].specification.listing
    #expect(listing.count == DeviceField.allCases.count)
    #expect(listing.allSatisfy { $0.source == .clusterFile })
    #expect(cluster.devices[0].specification.busyPower.value == Power(watts: 25))
    #expect(cluster.devices[0].specification.memory.value == DataSize(bytes: 16_000_000_000))
  }

  @Test("speeds and compute models")
  func speedsAndComputeModels() throws {
    let cluster = try Cluster(
      yaml: """
        devices:
          - model: raspberry-pi-5
            speed: 0.5
            slowdowns:
              - {from: 10 s, until: 20 s, speed: 50%}
              - {from: 30 s, speed: 0.1}
          - {name: oracle, model: cpu-server, compute: instant, quota: {share: 50%, period: 10 ms}}
          - {name: contained, model: cpu-server, quota: {share: 0.25}}
        network: {link: {bandwidth: 1 Gbps}}
        """)
    let expected = try SpeedProfile(
      scale: 0.5,
      slowdowns: [
        Slowdown(from: .seconds(10), until: .seconds(20), speed: 0.5),
        Slowdown(from: .seconds(30), until: nil, speed: 0.1),
      ])
    #expect(cluster.devices[0].speed == expected)
    #expect(cluster.devices[0].computeModel == .roofline(RooflineModel(.raspberryPi5)))
    #expect(cluster.devices[1].computeModel == .instant)
    #expect(
      cluster.devices.map(\.quota) == [
        nil, try ProcessorQuota(share: 0.5, period: .milliseconds(10)),
        try ProcessorQuota(share: 0.25, period: .milliseconds(100)),
      ])
    #expect(cluster.devices.map(\.hasConstantSpeed) == [false, false, false])
  }

  @Test("changes and failures")
  func changesAndFailures() throws {
    let cluster = try Cluster(
      yaml: """
        devices: [{name: jetson, count: 3, model: jetson-orin-nano}]
        network:
          link: {bandwidth: 1 Gbps}
          changes:
            - {link: host0->switch, at: 1 s, bandwidth: 10 Mbps}
            - {link: switch->jetson-2, at: 2 s, down_until: 3 s}
            - {link: jetson-1->switch, at: 4 s, down_until: never}
        failures: [{device: jetson-2, at: 5 s}]
        """)
    #expect(
      cluster.network.changes == [
        LinkChange(link: "host0->switch", at: .seconds(1), .bandwidth(.megabitsPerSecond(10))),
        LinkChange(link: "switch->host2", at: .seconds(2), .outage(until: .seconds(3))),
        LinkChange(link: "host1->switch", at: .seconds(4), .outage(until: nil)),
      ])
    #expect(cluster.failures == [DeviceFailure(device: 2, at: .seconds(5))])
  }

  @Test("transports bring their collectives")
  func transportsBringTheirCollectives() throws {
    func cluster(_ fields: String) throws -> Cluster {
      try Cluster(
        yaml: "{devices: [{model: cpu-server, count: 2}], network: {link: {bandwidth: 1 Gbps}, \(fields)}}")
    }
    #expect(try cluster("transport: gloo-tcp").collectives == .gloo)
    #expect(try cluster("transport: nccl").collectives == .nccl)
    #expect(try cluster("transport: nccl, collectives: gloo").collectives == .gloo)
    #expect(
      try cluster("transport: gloo-tcp, collectives: {all_reduce: recursive_doubling}").collectives
        == .fixed([.allReduce: .recursiveDoubling], otherwise: .gloo))
    #expect(
      try cluster("collectives: {broadcast: flat, otherwise: nccl}").collectives
        == .fixed([.broadcast: .flat], otherwise: .nccl))
    #expect(try cluster("transport: {base: gloo-tcp, clear_to_send: 1 kB}").collectives == .gloo)
  }

  @Test("transports of one's own")
  func transportsOfOnesOwn() throws {
    let cluster = try Cluster(
      yaml: """
        devices: [{model: cpu-server, count: 2}]
        network:
          link: {bandwidth: 10 Gbps}
          transport:
            name: measured
            send: {per_message: 5 us, per_byte: 0.25 ns}
            receive: {per_message: 6 us, per_byte: 8 GB/s}
            rendezvous_threshold: 64 KiB
            header: 162 B
            clear_to_send: 98 B
            wire_factor: [[0 B, 1.5], [1 MiB, 1.05]]
            reduce_per_byte: 900 GB/s
            copy_per_byte: 100 ps
            per_copy: 7 us
            per_clear_to_send: 4 us
            c_state_exit: {latency: 35 us, after: 50 us}
            cold_cache: {latency: 60 us, after: 200 us}
            sleep_overshoot: 12 us
            shared_cores: 2
        """)
    var profile = TransportProfile(name: "measured")
    profile.host.send = MessageCost(picosecondsPerMessage: 5_000_000, picosecondsPerByte: 250)
    profile.host.receive = MessageCost(picosecondsPerMessage: 6_000_000, picosecondsPerByte: 125)
    profile.wire.rendezvousThresholdBytes = 65536
    profile.wire.headerBytes = 162
    profile.wire.clearToSendBytes = 98
    profile.wire.factor = try PiecewiseLinear(points: [.init(x: 0, y: 1.5), .init(x: 1_048_576, y: 1.05)])
    profile.host.reducePicosecondsPerByte = 1e12 / 900e9
    profile.host.copyPicosecondsPerByte = 100
    profile.host.picosecondsPerCopy = 7_000_000
    profile.host.picosecondsPerClearToSend = 4_000_000
    profile.host.cStateExit = DelayAfter(afterPicoseconds: 50_000_000, picoseconds: 35_000_000)
    profile.host.coldCache = DelayAfter(afterPicoseconds: 200_000_000, picoseconds: 60_000_000)
    profile.host.sleepOvershootPicoseconds = 12_000_000
    profile.host.sharedCores = 2
    #expect(cluster.transport == profile)
    #expect(cluster.collectives == .ideal)
  }

  @Test("former names are understood with a hint")
  func formerNamesAreUnderstoodWithAHint() throws {
    func cluster(_ transport: String) throws -> Cluster {
      try Cluster(
        yaml: """
          devices: [{model: cpu-server, count: 2}]
          network:
            link: {bandwidth: 10 Gbps}
            transport: {\(transport)}
          """)
    }
    let former = try cluster(
      "notice: 98 B, per_notice: 4 us, wake: {latency: 35 us}, cold: {latency: 6 us}, oversleep: 12 us, "
        + "progress: when-waiting")
    let today = try cluster(
      "clear_to_send: 98 B, per_clear_to_send: 4 us, c_state_exit: {latency: 35 us}, cold_cache: {latency: 6 us}, "
        + "sleep_overshoot: 12 us, progress: weak")

    #expect(former.transport == today.transport)
    #expect(today.transport.host.progress == .weak)
    #expect(try today.warnings().isEmpty)
    #expect(
      try former.warnings() == [
        "cluster.yaml:4: network.transport.notice: is called clear_to_send now",
        "cluster.yaml:4: network.transport.per_notice: is called per_clear_to_send now",
        "cluster.yaml:4: network.transport.wake: is called c_state_exit now",
        "cluster.yaml:4: network.transport.cold: is called cold_cache now",
        "cluster.yaml:4: network.transport.oversleep: is called sleep_overshoot now",
        "cluster.yaml:4: network.transport.progress: \"when-waiting\" is called weak now",
      ])
    #expect(try cluster("progress: asynchronous").transport.host.progress == .strong)
    #expect(try cluster("progress: 0 s").transport.host.progress == .strong)
    #expect(try cluster("progress: 4 ms").transport.host.progress == .delayed(picoseconds: 4_000_000_000))
    #expect(throws: DocumentError.self) { try cluster("cold: {latency: 6 us}, cold_cache: {latency: 7 us}") }
  }

  @Test("every catalogued name exists")
  func everyCataloguedNameExists() {
    let devices: [DeviceSpecification] = [
      .raspberryPi5, .jetsonOrinNano, .jetsonOrinNanoSuper, .jetsonOrinNX, .jetsonAGXOrin, .rtx4090, .h100SXM, .h200SXM,
      .mi300X, .cpuServer,
    ]
    #expect(Set(devices.map(\.id)).count == devices.count)
  }
}
