import Quantities
import TestSupport
import Testing
import Uniference

@testable import Testbed

@Suite struct TestbedTests {
  private let gigabit = Bandwidth(bitsPerSecond: 1e9)

  private func cluster(_ layout: TestbedLayout) throws -> (text: String, cluster: Cluster) {
    let text = Testbed(layout, name: "b", cores: [0, 1], groups: nil).clusterFile(transport: "gloo-tcp")
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return (text, try Cluster(contentsOf: folder.write(text, to: "testbed.yaml")))
  }

  @Test("the cluster file describes the testbed")
  func theClusterFileDescribesTheBed() throws {
    let (text, cluster) = try cluster(
      try TestbedLayout(
        hostCount: 3, rate: gigabit, linkRates: [1: Bandwidth(bitsPerSecond: 1e8)], delay: .milliseconds(1),
        cpuShares: [2: 0.5]))
    #expect(
      text == """
        # A testbed of 3 hosts inside one machine, as `uniference testbed` makes it.
        name: testbed
        devices:
          - {name: host0, model: cpu-server}
          - {name: host1, model: cpu-server}
          - {name: host2, model: cpu-server, quota: {share: 0.5, period: 10000 us}}
        network:
          topology: switch
          link: {bandwidth: 1000 Mbps, burst: 6000 B, packet: 15140 B, latency: 1000 us}
          links: {host1: {bandwidth: 100 Mbps, burst: 1514 B, packet: 1514 B}}
          transport: 'gloo-tcp'

        """)
    #expect(cluster.devices.map(\.name) == ["host0", "host1", "host2"])
  }

  @Test("the cluster file of a bottleneck is a graph")
  func theClusterFileOfABottleneckIsAGraph() throws {
    let (text, cluster) = try cluster(
      try TestbedLayout(hostCount: 4, rate: gigabit, bottleneck: try Bottleneck(parsing: "0,1|2,3=200 Mbps")))
    #expect(
      text.contains(
        """
          cables:
            - {from: host0, to: switch0}
            - {from: host1, to: switch0}
            - {from: host2, to: switch1}
            - {from: host3, to: switch1}
            - {from: switch0, to: switch1, bandwidth: 200 Mbps, burst: 1514 B, packet: 4542 B, latency: 0 s}
        """))
    #expect(cluster.devices.count == 4)
  }

  @Test(
    "hosts share cores",
    arguments: [
      ([0, 1, 2, 3], 2, [[0, 1], [2, 3]]), ([0, 1], 2, [[0], [1]]), ([4, 5, 6], 2, [[4], [5, 6]]),
      ([0, 1], 3, [[], [], []]),
    ])
  func hostsShareCores(cores: [Int], hosts: Int, shares: [[Int]]) {
    #expect(CoreAssignment.shares(of: cores, hosts: hosts) == shares)
  }

  @Test("cores are read as the kernel writes them")
  func coresAreReadAsTheKernelWritesThem() {
    #expect(CoreAssignment.cores(inList: "\t0-3,8\n") == [0, 1, 2, 3, 8])
  }

  @Test("quotas are of short periods")
  func quotasAreOfShortPeriods() throws {
    let layout = try TestbedLayout(hostCount: 2, rate: gigabit, cpuShares: [0: 0.5, 1: 0.05])
    let first = Testbed(layout, name: "b", cores: [0, 1, 2, 3], groups: ControlGroupRoot(path: "/c", version: .first))
    #expect(first.controlGroups.map(\.path) == ["/c/uniference-b-host0", "/c/uniference-b-host1"])
    // Half of two cores, and a twentieth of two.
    #expect(first.controlGroups[0].settings.map(\.text) == ["10000", "10000"])
    #expect(first.controlGroups[1].settings.map(\.text) == ["10000", "1000"])
    let second = Testbed(layout, name: "b", cores: [0, 1], groups: ControlGroupRoot(path: "/c", version: .second))
    #expect(second.controlGroups[1].settings.map { "\($0.file)=\($0.text)" } == ["cpu.max=1000 20000"])
  }

  @Test("ranks are started as torchrun does")
  func ranksAreStartedAsTorchrunDoes() throws {
    let layout = try TestbedLayout(hostCount: 2, rate: gigabit, cpuShares: [1: 0.5])
    let testbed = Testbed(layout, name: "b", cores: [0, 1], groups: ControlGroupRoot(path: "/c", version: .first))
    let command = RankCommand(["python", "train.py"], rank: 1, in: testbed)
    #expect(
      command.words == [
        "sh", "-c", "echo 0 > '/c/uniference-b-host1/cgroup.procs' && exec \"$@\"", "sh", "taskset", "-c", "1", "ip",
        "netns", "exec", "uniference-b-host1", "python", "train.py",
      ])
    #expect(command.variables["RANK"] == "1" && command.variables["WORLD_SIZE"] == "2")
    #expect(command.variables["MASTER_ADDR"] == "10.77.0.1" && command.variables["GLOO_SOCKET_IFNAME"] == "eth0")
    let elastic = RankCommand(["train.py"], rank: 0, in: testbed, torchrun: "python")
    #expect(elastic.words.suffix(14).starts(with: ["python", "-m", "torch.distributed.run", "--nnodes", "2"]))
    #expect(elastic.variables["RANK"] == nil)
  }

  @Test("ranks know what calibration need not find out")
  func ranksKnowWhatCalibrationNeedNotFindOut() throws {
    func variables(hosts: Int, isRealTime: Bool = true, linkRates: [Int: Bandwidth] = [:]) throws -> [String: String] {
      let layout = try TestbedLayout(hostCount: hosts, rate: gigabit, linkRates: linkRates)
      let testbed = Testbed(layout, name: "b", cores: [0, 1], groups: nil)
      return RankCommand(["true"], rank: 0, in: testbed, isRealTime: isRealTime).variables.filter {
        $0.key.hasPrefix("UNIFERENCE_")
      }
    }
    let shaped = ["UNIFERENCE_LINK_BURST": "6000", "UNIFERENCE_LINK_PACKET": "12112"]
    #expect(try variables(hosts: 2, isRealTime: false) == shaped)
    #expect(try variables(hosts: 2) == shaped.merging(["UNIFERENCE_PROGRESS": "weak"]) { $1 })
    #expect(
      try variables(hosts: 3) == [
        "UNIFERENCE_LINK_BURST": "6000", "UNIFERENCE_LINK_PACKET": "15140", "UNIFERENCE_SHARED_CORES": "2",
      ])
    #expect(
      try variables(hosts: 2, isRealTime: false, linkRates: [1: Bandwidth(bitsPerSecond: 1e8)]) == [:])
  }

  @Test("hosts have names")
  func hostsHaveNames() throws {
    let testbed = Testbed(try TestbedLayout(hostCount: 2, rate: gigabit), name: "b", cores: [0, 1], groups: nil)
    #expect(
      testbed.hostsFile == """
        10.77.0.1 host0
        ::ffff:10.77.0.1 host0
        10.77.0.2 host1
        ::ffff:10.77.0.2 host1

        """)
  }

  @Test(
    "parts tell their testbed",
    arguments: [
      ("uniference-a-host0", "a"), ("uniference-a-b-switch", "a-b"), ("uniference-run-12-host1", "run-12"),
    ])
  func partsTellTheirBed(part: String, testbed: String) { #expect(TestbedNames.testbed(ofPart: part) == testbed) }

  @Test("others belong to no testbed", arguments: ["docker0", "uniference-", "uniference-a", "other-a-host0"])
  func othersBelongToNoBed(part: String) { #expect(TestbedNames.testbed(ofPart: part) == nil) }
}
