import ArgumentParser
import Foundation

/// `benchmarks`.
@main
struct BenchmarksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Measure the simulator's own speed, on one core.",
    discussion: """
      Each repetition runs in a process of its own. Rates are those of the median repetition; "lowest - highest" spans \
      all of them.
      """)

  private static let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  enum PeerName: String, CaseIterable, ExpressibleByArgument { case simpy, simgrid }

  @Option(name: .customLong("only"), help: "Measure these benchmarks alone (a part of the name; may be repeated).")
  var parts: [String] = []

  @Option(help: "How often to measure each.")
  var repetitions = 5

  @Option(help: "Measure this simulator too, in the same run.")
  var peer: PeerName?

  @Option(help: "The Python that has the peer installed.")
  var python = ".venv/bin/python"

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  @Flag(help: "Fail when a count exceeds the one in thresholds.json.")
  var check = false

  @Option(help: .hidden)
  var child: String?

  func validate() throws {
    guard repetitions > 0 else { throw ValidationError("--repetitions is \(repetitions), it must be positive") }
    for part in parts where !benchmarks.contains(where: { $0.name.contains(part) }) {
      throw ValidationError(
        "no benchmark's name has \"\(part)\" in it: \(benchmarks.map(\.name).joined(separator: ", "))")
    }
  }

  private var benchmarks: [Benchmark] {
    Benchmark.all(examples: Self.packageFolder.deletingLastPathComponent().appending(path: "Examples").path)
  }

  func run() throws {
    if let benchmark = benchmarks.first(where: { $0.name == child }) {
      return print(String(decoding: try JSONEncoder().encode(try benchmark.measure()), as: UTF8.self))
    }
    var report = Report(machine: Machine(), command: CommandLine.arguments.joined(separator: " "))
    for benchmark in benchmarks where parts.isEmpty || parts.contains(where: benchmark.name.contains) {
      report.benchmarks.append(try summary(of: benchmark))
    }
    report.peers = try peers(of: report.benchmarks)
    print(try json ? jsonText(report) + "\n" : report.table(), terminator: "")
    try checkThresholds(report)
  }

  private func summary(of benchmark: Benchmark) throws -> Summary {
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    let measurements = try (1...repetitions).map { repetition in
      if !json {
        FileHandle.standardError.write(Data("\r\u{1B}[K\(benchmark.name), \(repetition) of \(repetitions)".utf8))
      }
      let output = try outputOf(program, ["--child", benchmark.name])
      return try JSONDecoder().decode(Measurement.self, from: output)
    }
    if !json { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    return Summary(name: benchmark.name, repetitions: measurements)
  }

  /// The peer beside the benchmarks that it can do.
  private func peers(of summaries: [Summary]) throws -> [Report.Peer] {
    func path(_ name: String) -> String { Self.packageFolder.appending(path: "Peers/\(name)").path }
    switch peer {
    case nil: return []
    case .simpy:
      let simpy = SimPyPeer(python: python, script: path("simpy_ring.py"))
      return try summaries.filter(simpy.canMeasure).map(simpy.measure)
    case .simgrid:
      let simgrid = SimGridPeer(source: path("simgrid_fat_tree.cpp"))
      return try summaries.filter(simgrid.canMeasure).map(simgrid.measure)
    }
  }

  private func checkThresholds(_ report: Report) throws {
    guard check else { return }
    let data = try Data(contentsOf: Self.packageFolder.appending(path: "thresholds.json"))
    let violations = try JSONDecoder().decode(Thresholds.self, from: data).violations(by: report.benchmarks)
    for violation in violations { FileHandle.standardError.write(Data("\(violation)\n".utf8)) }
    guard violations.isEmpty else { throw ExitCode.failure }
  }

  private func jsonText(_ report: Report) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(report), as: UTF8.self)
  }
}
