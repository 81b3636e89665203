import ArgumentParser
import Foundation
import Network
import Quantities
import Reports
import Results

/// `uniference flows`.
struct FlowsCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "flows",
    abstract: "Time flows over links that they share max-min fairly.",
    discussion: """
      The case has links (id, bandwidth_Bps, latency_s) and flows (id, start_s, bytes, links: those it crosses, in \
      order). Printed is the time at which each flow's last byte arrives; null where it never does.
      """)

  @Argument(help: ArgumentHelp("The case, a JSON file.", valueName: "case.json"))
  var path: String

  @Flag(exclusivity: .exclusive, help: "How the times are printed.")
  var format = FlowsFormat.json

  func perform() async throws {
    let flowCase = try readCase()
    let times = try located { () throws(FlowCaseError) in try flowCase.finishTimes() }
    switch format {
    case .json: try StandardOutput.print(try jsonText(FlowTimes(flowCase, times)))
    case .table: try StandardOutput.print(flowTable(flowCase, times), terminator: "")
    }
  }

  private func readCase() throws -> FlowCase {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw CommandFailure(
        "\(path): cannot be read: \(FileError(error, operation: "read", path: path).reason)", CommandFailure.badInput)
    }
    return try located { () throws(FlowCaseError) in try FlowCase.decode(data) }
  }

  /// Puts the file's name before what is wrong in it.
  private func located<Result>(_ work: () throws(FlowCaseError) -> Result) throws(CommandFailure) -> Result {
    do throws(FlowCaseError) {
      return try work()
    } catch {
      throw CommandFailure("\(path): \(error)", CommandFailure.badInput)
    }
  }
}

enum FlowsFormat: String, EnumerableFlag {
  case json, table

  static func help(for value: FlowsFormat) -> ArgumentHelp? {
    switch value {
    case .json: "Print one JSON object with finish_s, seconds by flow."
    case .table: "Print a table for people."
    }
  }
}

/// What `uniference flows` prints.
struct FlowTimes: Encodable, Equatable {
  let finish_s: [String: Double?]

  /// - Parameter times: in the order of the case's flows; infinite for flows that never end.
  init(_ flowCase: FlowCase, _ times: [Double]) {
    finish_s = Dictionary(
      zip(flowCase.flows.map(\.id), times.map { $0.isFinite ? $0 : nil }), uniquingKeysWith: { first, _ in first })
  }
}

func flowTable(_ flowCase: FlowCase, _ times: [Double]) -> String {
  var table = TextTable(columns: [
    .init("flow"), .init("start", .right), .init("bytes", .right), .init("finish", .right),
  ])
  for (flow, time) in zip(flowCase.flows, times) {
    let finish = time.isFinite ? "\(formatNumber(time, significantDigits: 9)) s" : "never"
    table.append([
      flow.id, "\(formatNumber(flow.start_s, significantDigits: 9)) s",
      formatNumber(flow.bytes, significantDigits: 12), finish,
    ])
  }
  return table.rendered()
}
