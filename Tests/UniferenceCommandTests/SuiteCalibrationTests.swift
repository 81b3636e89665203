import Quantities
import TestSupport
import Testing
import Validation

@testable import UniferenceCommand

@Suite("Calibration of a suite's testbeds")
struct SuiteCalibrationTests {
  private func suite(_ runs: [String]) throws -> ValidationSuite {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let lines = runs.map { "  - {family: f, script: s.py, testbed: {\($0)}}" }
    let text = "real_time: true\nruns:\n" + lines.joined(separator: "\n")
    return try ValidationSuite(contentsOf: folder.write(text, to: "suite.yaml"))
  }

  @Test("there is one for each number of hosts, with the fastest links")
  func testbeds() throws {
    let runs = try suite([
      "hosts: 4, rate: 500 Mbps", "hosts: 2, rate: 100 Mbps", "hosts: 2, rate: 1 Gbps", "hosts: 2, rate: 0.9 Gbps",
      "hosts: 8",
    ]).runs

    let testbeds = SuiteCalibration.testbeds(of: runs) { $0.hostCount < 8 }

    #expect(
      testbeds.map(\.options) == [
        "hosts: 2, rate: 1 Gbps, real-time: true", "hosts: 4, rate: 500 Mbps, real-time: true",
        "hosts: 8, rate: 1 Gbps, real-time: false",
      ])
  }

  @Test("a calibration comes before the suite's transport, with its latency last")
  func calibratedTransport() throws {
    let suite = try suite(["hosts: 2, rate: 1 Gbps", "hosts: 4"])
    var runner = ValidationRunner(suite: suite, executable: "uniference", python: "python")

    runner.calibrated = [2: CalibratedTransport(path: "/cache/t.yaml", latency: .nanoseconds(10_220))]

    #expect(
      runner.settings(of: suite.runs[0]) == ["network.transport=/cache/t.yaml", "network.link.latency=10220000 ps"])
    #expect(runner.settings(of: suite.runs[1]) == [])
  }
}
