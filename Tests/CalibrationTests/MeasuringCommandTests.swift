import Testing
import Uniference

@testable import Calibration

@Suite struct MeasuringCommandTests {
  @Test("a testbed's options become words")
  func aTestbedsOptionsBecomeWords() throws {
    let command = try MeasuringCommand.testbed(
      "hosts: 2, rate: 1 Gbps, cpu-share: [\"50%:1\", \"50%:0\"]", output: "m.json", executable: "uniference",
      python: "python3", arguments: ["--repetitions=3"])
    #expect(
      command == [
        "uniference", "testbed", "run", "--hosts", "2", "--rate", "1 Gbps", "--cpu-share", "50%:1", "--cpu-share",
        "50%:0", "--raw", "--", "python3", "-m", "uniference.calibration.measure", "--output", "m.json",
        "--stated-rate", "1 Gbps", "--repetitions=3",
      ])
  }

  /// As validation runs are, unless that is turned off.
  @Test(
    "measuring has real time priority",
    arguments: [
      ("hosts: 2", true), ("hosts: 2, real-time: true", true), ("hosts: 2, real-time: false", false),
      ("hosts: 2, cpu-share: 50%", false),
    ])
  func measuringHasRealTimePriority(testbed: String, expected: Bool) throws {
    let command = try MeasuringCommand.testbed(testbed, output: "m.json", executable: "u", python: "p", arguments: [])
    #expect(command.count { $0 == "--real-time" } == (expected ? 1 : 0))
    #expect(!command.contains("false"))
  }

  @Test("links of several rates have no stated one")
  func linksOfSeveralRatesHaveNoStatedOne() throws {
    let command = try MeasuringCommand.testbed(
      "hosts: 4, rate: 1 Gbps, link-rate: 1=100 Mbps", output: "m.json", executable: "u", python: "p", arguments: [])
    #expect(!command.contains("--stated-rate"))
  }

  @Test("options that are no mapping are refused")
  func optionsThatAreNoMappingAreRefused() {
    #expect(throws: DocumentError.self) {
      try MeasuringCommand.testbed("[1, 2", output: "m", executable: "u", python: "p", arguments: [])
    }
  }

  @Test("each machine gets its rank")
  func eachMachineGetsItsRank() {
    let hosts = RemoteHosts(names: ["me@a", "b"], python: "/opt/py thon", packageFolder: "/srv/python")
    var command = MeasuringCommand(output: "/tmp/m.json")
    command.statedRate = "1 Gbps"
    #expect(
      hosts.shellCommands(command)[1] == """
        PYTHONPATH=/srv/python '/opt/py thon' -m torch.distributed.run --nnodes 2 --node-rank 1 --nproc-per-node 1 \
        --master-addr a --master-port 29533 -m uniference.calibration.measure --output /tmp/m.json --stated-rate '1 Gbps'
        """)
  }

  @Test("a host that cannot be reached is named")
  func aHostThatCannotBeReachedIsNamed() {
    let hosts = RemoteHosts(names: ["nobody@host.invalid", "b"], python: "python3", packageFolder: nil)
    let failure = #expect(throws: CalibrationFailure.self) {
      try MeasuringRun.run(on: hosts, MeasuringCommand(output: "/tmp/m.json"), output: "/tmp/none.json")
    }
    #expect(failure?.description.hasPrefix("host 'nobody@host.invalid' cannot be reached by ssh: ") == true)
  }
}
