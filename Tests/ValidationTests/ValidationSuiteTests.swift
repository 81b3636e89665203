import Foundation
import TestSupport
import Testing
import Uniference
import Validation

@Suite("Suites of a validation")
struct ValidationSuiteTests {
  private func suite(_ text: String) throws -> ValidationSuite {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    return try ValidationSuite(contentsOf: folder.write(text, to: "suite.yaml"))
  }

  @Test("the examples are suites")
  func examples() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let full = try ValidationSuite(contentsOf: root.appending(path: "Examples/validation.yaml").path)
    #expect(Set(full.runs.map(\.family)) == ["collectives", "models", "heterogeneous", "what-if"])
    #expect(Set(full.runs.map(\.hostCount)) == [2, 4, 8])
    #expect(full.runs.allSatisfy { $0.isProgram || FileManager.default.fileExists(atPath: $0.script) })
    #expect(full.runs.filter(\.isProgram).map { ($0.script as NSString).lastPathComponent } == ["libLlamaProgram.so"])
    #expect(
      try ValidationSuite(contentsOf: root.appending(path: "Examples/validation-short.yaml").path).runs.count == 4)
  }

  @Test("a run says on which testbed it is, with what, and how the prediction differs")
  func run() throws {
    let suite = try suite(
      """
      real_time: true
      predict: [--seed, 1]
      runs:
        - family: f
          script: s.py
          arguments: [a, b]
          testbed: {hosts: 3, rate: 1 Gbps, link-rate: [1=10 Mbps, 2=20 Mbps]}
          recorded_on: {hosts: 3, rate: 5 Mbps}
          real_time: false
      """)
    let run = suite.runs[0]
    #expect(suite.isRealTime && run.isRealTime == false && suite.predictionOptions == ["--seed", "1"])
    #expect(run.arguments == ["a", "b"] && run.hostCount == 3 && run.predictionOptions == nil)
    #expect(run.testbed.filter { $0.name == "link-rate" }.map(\.value) == ["1=10 Mbps", "2=20 Mbps"])
    #expect(
      run.testbedDescription
        == "3 hosts, 1 Gbps, link rate 1=10 Mbps, link rate 2=20 Mbps, recorded at 3 hosts, 5 Mbps")
  }

  @Test("a testbed's former name is understood, with a hint")
  func formerName() throws {
    let former = try suite("runs:\n  - {family: f, script: s.py, bed: {hosts: 3}}")
    #expect(former.runs[0].hostCount == 3)
    #expect(former.hints.count == 1 && former.hints[0].hasSuffix(":2: runs[0].bed: is called testbed now"))
    #expect(try suite("runs:\n  - {family: f, script: s.py, testbed: {hosts: 3}}").hints.isEmpty)
  }

  @Test(
    "mistakes are named with their line, their field and what is allowed",
    arguments: [
      ("runs: []\nrepetition: 3", ":2: repetition: unknown field \"repetition\": did you mean \"repetitions\"?"),
      (
        "runs:\n  - {family: f, script: s.py, testbed: {rate: 1 Gbps}}", ":2: runs[0].testbed: the testbed has no hosts"
      ),
      ("runs:\n  - {family: f, script: s.py, testbed: {hosts: 9}}", ":2: runs[0].testbed.hosts: "),
      ("real_time: yes\nruns: []", ":1: real_time: expected true or false, found \"yes\""),
      ("name: x", ": runs: is missing"),
      (
        "runs:\n  - {family: f, script: s.py, program: p.so, testbed: {hosts: 2}}",
        ":2: runs[0].script: give a script or a program, not both"
      ),
      (
        "runs:\n  - {family: f, program: p.so, testbed: {hosts: 2}, recorded_on: {hosts: 2}}",
        ":2: runs[0].recorded_on: only scripts are recorded on another testbed"
      ),
    ])
  func mistakes(text: String, message: String) throws {
    let error = #expect(throws: DocumentError.self) { _ = try suite(text) }
    #expect("\(try #require(error))".contains(message), "\(error.map { "\($0)" } ?? "")")
  }
}
