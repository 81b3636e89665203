import Results
import TestSupport
import Testing
import Uniference

@testable import Predictions

/// Which inputs of two runs differ, before what came of them is compared.
@Suite struct RunDifferencesTests {
  private static let cluster = """
    name: two
    devices: [{name: jetson, count: 2, model: jetson-orin-nano}]
    network: {topology: switch, link: {bandwidth: 1 Gbps, latency: 0.5 ms}}
    """
  private static let scenario = """
    cluster: two.yaml
    model: llama-3.2-1b
    workload: {prompt: 16, generate: 4}
    """

  private func manifest(_ inputs: RunInputs, uniference: String = "0.1.0") throws -> RunManifest {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let writer = try RunRecordWriter(
      path: folder.path(of: "a.run"), inputs: inputs, versions: RunVersions(uniference: uniference, swift: "6.3"),
      devices: ["jetson-0", "jetson-1"])
    return try writer.finish(status: .complete, results: [String: Int]()).manifest
  }

  private func scenarioInputs(
    cluster: String = cluster, scenario: String = scenario, strategy: String = "tensor=2", settings: [String] = [],
    seed: UInt64 = 0, keepsSettings: Bool = true
  ) -> RunInputs {
    RunInputs(
      cluster: cluster, scenario: scenario, program: "llama", model: "llama-3.2-1b",
      arguments: ["--strategy", strategy] + settings.flatMap { ["--set", $0] }, seed: seed,
      settings: keepsSettings ? settings : nil)
  }

  private func differences(_ a: RunInputs, _ b: RunInputs) throws -> [[String?]] {
    RunDifferences(try manifest(a), try manifest(b)).differences.map { [$0.input, $0.a, $0.b] }
  }

  @Test("equal inputs do not differ")
  func equalInputsDoNotDiffer() throws {
    #expect(try differences(scenarioInputs(), scenarioInputs()) == [])
  }

  @Test("fields of the cluster are named")
  func fieldsOfTheClusterAreNamed() throws {
    let slow = Self.cluster.replacing("1 Gbps", with: "100 Mbps")
    #expect(
      try differences(scenarioInputs(), scenarioInputs(cluster: slow))
        == [["cluster network.link.bandwidth", "1 Gbps", "100 Mbps"]])
  }

  @Test("what the command line set counts", arguments: [true, false])
  func whatTheCommandLineSetCounts(keepsSettings: Bool) throws {
    let set = scenarioInputs(
      settings: ["network.link.bandwidth=100 Mbps", "cluster.devices[0].speed=0.5", "workload.generate=8"],
      keepsSettings: keepsSettings)
    #expect(
      try differences(scenarioInputs(keepsSettings: keepsSettings), set) == [
        ["scenario workload.generate", "4", "8"], ["cluster network.link.bandwidth", "1 Gbps", "100 Mbps"],
        ["cluster devices[0].speed", nil, "0.5"],
      ])
  }

  @Test("setting the same value is no difference")
  func settingTheSameValueIsNoDifference() throws {
    let set = scenarioInputs(settings: ["network.link.bandwidth=1 Gbps"])
    #expect(try differences(scenarioInputs(), set) == [])
  }

  @Test("a cluster in the scenario is compared with one in a file")
  func aClusterInTheScenarioIsComparedWithOneInAFile()
    throws
  {
    let indented = Self.cluster.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    let inline = Self.scenario.replacing("cluster: two.yaml", with: "cluster:\n\(indented)")
    var inputs = scenarioInputs(scenario: inline)
    inputs.cluster = nil
    // The path of the file is no input of the run.
    #expect(try differences(scenarioInputs(), inputs) == [])
  }

  @Test("model, strategy, seed and version are named")
  func modelStrategySeedAndVersionAreNamed() throws {
    let other = scenarioInputs(
      scenario: Self.scenario.replacing("llama-3.2-1b", with: "llama-3.2-3b"), strategy: "pipeline=2", seed: 3)
    let found = RunDifferences(try manifest(scenarioInputs()), try manifest(other, uniference: "0.2.0")).differences
    #expect(
      found.map { [$0.input, $0.a, $0.b] } == [
        ["scenario model", "llama-3.2-1b", "llama-3.2-3b"],
        ["strategy", "tensor=2", "pipeline=2"], ["seed", "0", "3"],
        ["uniference version", "0.1.0", "0.2.0"],
      ])
  }

  @Test("scripts differ in arguments, files and where they were measured")
  func scriptsDifferInArgumentsFilesAndWhereTheyWereMeasured() throws {
    func inputs(_ argument: String, _ profile: String, _ processor: String) -> RunInputs {
      RunInputs(
        cluster: Self.cluster, program: "train.py", arguments: ["--lr", argument], seed: 0,
        files: ["gloo.yaml": "send: {per_message: \(profile)}"],
        compute: RunCompute(source: "measured", processor: processor))
    }
    #expect(
      try differences(inputs("0.1", "5 us", "Testium 9"), inputs("0.2", "7 us", "Testium 10")) == [
        ["gloo.yaml send.per_message", "5 us", "7 us"], ["arguments", "--lr 0.1", "--lr 0.2"],
        ["compute time", "measured on Testium 9", "measured on Testium 10"],
      ])
  }

  @Test("what only one run says has no other")
  func whatOnlyOneRunSaysHasNoOther() throws {
    var unknown = scenarioInputs()
    (unknown.cluster, unknown.scenario, unknown.model) = (nil, nil, nil)
    let found = try differences(scenarioInputs(), unknown)
    #expect(found.contains(["cluster network.link.latency", "0.5 ms", nil]))
    #expect(found.contains(["model", "llama-3.2-1b", nil]))
  }
}
