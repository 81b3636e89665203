import ArgumentParser
import Foundation
import Quantities
import Reports
import Results
import Uniference

/// `uniference benchmark`.
struct BenchmarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Measure the engine's own speed.", subcommands: [RingBenchmarkCommand.self])
}

/// `uniference benchmark ring`.
struct RingBenchmarkCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "ring",
    abstract: "One ring all-reduce among many devices on one switch, message by message, with staggered starts.")

  @Option(help: "Number of devices.")
  var ranks = 1024

  @Option(help: ArgumentHelp("Each device's buffer, such as \"4 MB\".", valueName: "size"))
  var size = "4 MB"

  @Option(
    help: "Stop after about this many messages; a ring among n devices has 2 n (n - 1). 0 plays all of them.")
  var messages = RingBenchmark.defaultMessageLimit

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (2...1_000_000).contains(ranks) else {
      throw ValidationError("--ranks is \(ranks); it must be from 2 to 1000000.")
    }
    guard messages >= 0 else { throw ValidationError("--messages is \(messages); it must not be negative.") }
  }

  func perform() async throws {
    let bytes = try DataSize(parsing: size, .positive).bytes
    let result = try RingBenchmark(ranks: ranks, bytes: bytes, messageLimit: messages).run()
    if json { return try StandardOutput.print(try jsonText(result)) }
    var table = TextTable(columns: [.init("figure"), .init("value", .right)])
    table.append(["devices", grouped(result.ranks)])
    table.append(["messages", grouped(result.messages)])
    table.append(["events per message", formatNumber(result.events_per_message, significantDigits: 3)])
    table.append(["messages per second", grouped(Int(result.messages_per_second))])
    table.append(["wall time", Duration.nearest(seconds: result.wall_s).shortDescription])
    table.append(["peak memory", DataSize(bytes: result.peak_rss_bytes).description])
    try StandardOutput.print(table.rendered(TableFormat(for: STDOUT_FILENO)), terminator: "")
  }
}
