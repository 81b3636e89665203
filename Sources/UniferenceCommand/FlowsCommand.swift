import ArgumentParser
import Foundation
import Inputs
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
      order). Printed is the time in seconds at which each flow's last byte arrives.
      """)

  @Argument(help: ArgumentHelp("The case, a JSON file.", valueName: "case.json"))
  var path: String

  @Flag(exclusivity: .exclusive, help: "How the times are printed.")
  var format = FlowsFormat.json

  @OptionGroup var tables: TableOptions

  func perform() async throws {
    let flowCase = try readCase()
    let times = try located { () throws(FlowCaseError) in try flowCase.finishTimes() }
    switch format {
    case .json: try StandardOutput.print(try jsonText(FlowTimes(flowCase, times)))
    case .table: try StandardOutput.print(flowTable(flowCase, times, tables.format), terminator: "")
    }
  }

  /// Bytes of a case; one of half a million flows has as many.
  private static let longestCase = 64 << 20

  private func readCase() throws -> FlowCase {
    let data: Data
    do throws(InputFileError) {
      data = try InputFile.contents(of: path, atMost: Self.longestCase).withoutByteOrderMark
    } catch {
      throw CommandFailure("\(error)", CommandFailure.badInput)
    }
    return try located { () throws(FlowCaseError) in try FlowCase.decode(data) }
  }

  /// Puts the file's name before what is wrong in it.
  private func located<Result>(_ work: () throws(FlowCaseError) -> Result) throws(CommandFailure) -> Result {
    do throws(FlowCaseError) {
      return try work()
    } catch {
      throw CommandFailure("\(path): \(error)".printable, CommandFailure.badInput)
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
  let finish_s: [String: Double]

  /// - Parameter times: in the order of the case's flows.
  init(_ flowCase: FlowCase, _ times: [Double]) {
    finish_s = Dictionary(zip(flowCase.flows.map(\.id), times), uniquingKeysWith: { first, _ in first })
  }
}

func flowTable(_ flowCase: FlowCase, _ times: [Double], _ format: TableFormat = TableFormat()) -> String {
  var table = TextTable(columns: [
    .init("flow"), .init("start", .right), .init("bytes", .right), .init("finish", .right),
  ])
  for (flow, time) in zip(flowCase.flows, times) {
    table.append([
      flow.id, "\(formatNumber(flow.start_s, significantDigits: 9)) s",
      formatNumber(flow.bytes, significantDigits: 12), "\(formatNumber(time, significantDigits: 9)) s",
    ])
  }
  return table.rendered(format)
}
