import Documents
import Foundation
import TestSupport
import Testing

@testable import Ledger

private let scenario: String = "{cluster: {devices: [{name: d, model: h100-sxm}]}, model: llama-3.1-8b}"
private let cluster: String =
  "{devices: [{name: d, count: 4, model: h100-sxm}], network: {topology: switch, link: {bandwidth: 1 GB/s}}}"
private let collective: String = "operation: all_reduce, size: 1 MiB, dtype: float16, cluster: \(cluster)"

@Suite("Cases of published measurements")
struct CaseReadingTests {
  /// A file of one case, with what it says beside its scenario.
  private static func file(_ fields: String, source: String = "source: a README\n") -> String {
    "\(source)cases:\n  - id: A-1\n    category: c\n" + fields.split(separator: "\n").map { "    \($0)\n" }.joined()
  }

  @Test("a case has its figures, in the metrics' units, with the file's source unless it has its own")
  func reading() throws {
    let collection = try CaseCollection(
      yaml: Self.file(
        """
        scenario: \(scenario)
        measured: {total_s: {value: 900 ms, spread: 3%}, output_tokens_per_second: 150, time_to_first_token_s: 0.02}
        conversion: 128 tokens at 142 tokens/s
        caveat: power limit not told
        residual: engines fuse kernels
        slow: true
        """))
    let published = try #require(collection.cases.first)
    #expect(
      published.measured.map(\.metric.name) == ["total_s", "output_tokens_per_second", "time_to_first_token_s"])
    #expect(published.measured.map(\.value) == [0.9, 150, 0.02])
    #expect(published.measured.map(\.spread) == [0.03, nil, nil])
    #expect(published.source == "a README")
    #expect(published.conversion == "128 tokens at 142 tokens/s")
    #expect(published.caveat == "power limit not told")
    #expect(published.residual == "engines fuse kernels")
    #expect(published.isSlow)
  }

  @Test("a collective is a case of all devices of its cluster, or of as many as it says")
  func collectives() throws {
    let text = Self.file(
      """
      collective: {operation: all_gather, size: 1 MiB, dtype: float16, cluster: \(cluster), ranks: 2}
      measured: {time_s: 22.6 us}
      source: nccl-tests
      """)
    let published = try #require(try CaseCollection(yaml: text).cases.first)
    guard case .collective(let benchmark) = published.subject else {
      Issue.record("it is no collective")
      return
    }
    #expect(benchmark.rankCount == 2)
    #expect(benchmark.size.bytes == 1 << 20)
    #expect(abs(published.measured[0].value - 22.6e-6) < 1e-18)
    #expect(published.source == "nccl-tests")
  }

  @Test("a script is a case with its cluster, its arguments and what it prints")
  func scripts() throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let four = "devices: [{count: 4, model: h100-sxm}]\nnetwork: {topology: switch, link: {bandwidth: 1 GB/s}}\n"
    try folder.write(four, to: "four.yaml")
    try folder.write("", to: "train.py")
    func file(_ fields: String) throws -> String {
      try folder.write(
        Self.file("script: {\(fields)}\nmeasured: {tokens_per_second_per_device: 100, step_s: 20 ms}"), to: "cases.yaml"
      )
    }
    let path = try file("file: train.py, cluster: four.yaml, arguments: [--width, 64], ranks: 2")
    let published = try #require(try CaseCollection(contentsOf: [path]).cases.first)
    guard case .script(let script) = published.subject else {
      Issue.record("it is no script")
      return
    }
    #expect(script.arguments == ["--width", "64"])
    #expect(script.rankCount == 2)
    #expect(script.clusterPath.hasSuffix("/four.yaml"))
    #expect(published.measured.map(\.value) == [100, 0.02])
    for (fields, words) in [
      ("file: nowhere.py, cluster: four.yaml", "cases[0].script.file: "),
      ("file: train.py", "cases[0].script.cluster: is missing"),
      ("file: train.py, cluster: four.yaml, ranks: 5", "cases[0].script.ranks: "),
      ("file: train.py, cluster: four.yaml, nodes: 5", "cases[0].script.nodes: unknown"),
    ] {
      let path = try file(fields)
      let error = #expect(throws: DocumentError.self) { try CaseCollection(contentsOf: [path]) }
      #expect(error?.description.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test(
    "what is wrong with a case is one line with file, line, field and what is allowed",
    arguments: [
      (
        "scenario: \(scenario)",
        "cases.yaml:3: cases[0].measured: is missing; write for example measured: {total_s: 1.9}"
      ),
      (
        "collective: {\(collective)}",
        "cases.yaml:3: cases[0].measured: is missing; write for example measured: {time_s: 15 us}"
      ),
      (
        "scenario: \(scenario)\nmeasured: {}",
        "cases.yaml:6: cases[0].measured: a case needs a measured metric; write for example measured: {total_s: 1.9}"
      ),
      (
        "scenario: \(scenario)\nmeasured: 3",
        "cases.yaml:6: cases[0].measured: expected a mapping of metrics and their values such as {total_s: 1.9}"
      ),
      (
        "scenario: \(scenario)\nmeasured: {latency_s: 1}",
        "cases.yaml:6: cases[0].measured.latency_s: unknown metric \"latency_s\"; allowed: time_to_first_token_s, "
      ),
      (
        "scenario: \(scenario)\nmeasured: {total: 1}",
        "cases.yaml:6: cases[0].measured.total: unknown metric \"total\": did you mean \"total_s\"? Allowed: "
      ),
      (
        "collective: {\(collective)}\nmeasured: {total_s: 1}",
        "cases.yaml:6: cases[0].measured.total_s: unknown metric \"total_s\"; allowed: time_s"
      ),
      (
        "scenario: \(scenario)\nmeasured: {total_s: -1}",
        "cases.yaml:6: cases[0].measured.total_s: \"-1\" is not allowed: write a time such as 1.9 (seconds) or 16 ms"
      ),
      (
        "scenario: \(scenario)\nmeasured: {total_s: nan}",
        "cases.yaml:6: cases[0].measured.total_s: \"nan\" is not allowed"
      ),
      ("scenario: \(scenario)\nmeasured: {total_s: 0 ms}", "cases.yaml:6: cases[0].measured.total_s: "),
      (
        "scenario: \(scenario)\nmeasured: {tokens_per_second: 3 s}",
        "cases.yaml:6: cases[0].measured.tokens_per_second: \"3 s\" is not allowed: write a number"
      ),
      (
        "scenario: \(scenario)\nmeasured: {total_s: {spread: 3%}}",
        "cases.yaml:6: cases[0].measured.total_s.value: is missing; write for example value: 16 ms"
      ),
      (
        "scenario: \(scenario)\nmeasured: {total_s: {value: 1, error: 3%}}",
        "cases.yaml:6: cases[0].measured.total_s.error: unknown field \"error\"; allowed: value, spread"
      ),
      ("measured: {total_s: 1}", "cases.yaml:3: cases[0]: has no scenario, collective or script; write for example"),
      (
        "scenario: \(scenario)\ncollective: {\(collective)}\nmeasured: {total_s: 1}",
        "cases.yaml:6: cases[0].collective: the case has a scenario, too; give one of scenario, collective, script"
      ),
      (
        "scenario: \(scenario)\nmeasured: {total_s: 1}\nmeasurement: 3",
        "cases.yaml:7: cases[0].measurement: unknown field \"measurement\""
      ),
      (
        "scenario: nowhere.yaml\nmeasured: {total_s: 1}",
        "cases.yaml:5: cases[0].scenario: nowhere.yaml cannot be read: "
      ),
      (
        "scenario: {cluster: {devices: [{name: d, model: h100}]}, model: llama-3.1-8b}\nmeasured: {total_s: 1}",
        "cases.yaml:5: cases[0].scenario.cluster.devices[0].model: "
      ),
      (
        "collective: {operation: allreduce, size: 1 MiB, dtype: float16, cluster: \(cluster)}\nmeasured: {time_s: 1}",
        "cases.yaml:5: cases[0].collective.operation: unknown operation \"allreduce\""
      ),
      (
        "collective: {operation: all_to_all, size: 12 B, dtype: float16, cluster: \(cluster)}\nmeasured: {time_s: 1}",
        """
        cases.yaml:5: cases[0].collective.size: "12 B" is not allowed: all_to_all of 4 ranks and float16 needs a \
        multiple of 8 bytes
        """
      ),
      (
        "collective: {\(collective), ranks: 5}\nmeasured: {time_s: 1}",
        "cases.yaml:5: cases[0].collective.ranks: \"5\" is not allowed: write a whole number from 2 to 4"
      ),
      (
        """
        collective:
          {operation: all_reduce, size: 1 MiB, dtype: float16,
           cluster: {devices: [{name: d, model: h100-sxm}]}}
        measured: {time_s: 1}
        """,
        "cases.yaml:7: cases[0].collective.cluster: the cluster has one device; a collective needs two or more"
      ),
    ] as [(String, String)])
  func faults(fields: String, message: String) {
    let error = #expect(throws: DocumentError.self) { try CaseCollection(yaml: Self.file(fields)) }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }

  @Test("a case without a source is refused, and so is an id that is used twice")
  func sourcesAndNames() {
    let fields = "scenario: \(scenario)\nmeasured: {total_s: 1}"
    let sourceless = #expect(throws: DocumentError.self) {
      try CaseCollection(yaml: Self.file(fields, source: ""))
    }
    #expect(sourceless?.description.hasPrefix("cases.yaml:2: cases[0].source: is missing") == true)
    let twice = Self.file(fields) + Self.file(fields).split(separator: "\n").dropFirst(2).joined(separator: "\n")
    let repeated = #expect(throws: DocumentError.self) { try CaseCollection(yaml: twice) }
    #expect(
      repeated?.description
        == "cases.yaml: cases: the id A-1 is used twice, at cases.yaml:3: cases[0] and at cases.yaml:7: cases[1]")
  }

  @Test("what is left out says what it is and why")
  func leftOut() throws {
    let text = "cases: []\nleft_out:\n  - {id: B-1, what: 1 KB over TCP, reason: network not told}\n"
    #expect(
      try CaseCollection(yaml: text).leftOut
        == [LeftOutMeasurement(id: "B-1", what: "1 KB over TCP", reason: "network not told")])
    let error = #expect(throws: DocumentError.self) {
      try CaseCollection(yaml: "cases: []\nleft_out:\n  - {id: B-1, what: 1 KB over TCP}\n")
    }
    #expect(error?.description.hasPrefix("cases.yaml:3: left_out[0].reason: is missing") == true)
  }
}
