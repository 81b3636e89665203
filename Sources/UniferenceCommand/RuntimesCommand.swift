import ArgumentParser
import Documents
import Reports
import Results
import Uniference

/// `uniference runtimes`.
struct RuntimesCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "runtimes",
    abstract: "List the runtimes that scenarios may name, or show one of them, each figure with its source.")

  @Argument(help: ArgumentHelp("A runtime's name, or the path of its document.", valueName: "name"))
  var name: String?

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object with every figure.")
  var json = false

  func perform() async throws {
    let runtimes = try name.map { [try Runtime(named: $0)] } ?? Runtime.shipped
    if json {
      try StandardOutput.print(try jsonText(RuntimeListing(runtimes: runtimes.map(RuntimeListing.Entry.init))))
    } else if let runtime = runtimes.first, name != nil {
      try StandardOutput.print(runtimeText(runtime, tables.format), terminator: "")
    } else {
      try StandardOutput.print(runtimeTable(runtimes, tables.format), terminator: "")
    }
  }
}

/// What `uniference runtimes --json` prints.
struct RuntimeListing: Encodable {
  struct Entry: Encodable {
    let name: String
    let summary: String
    let processors: [String]
    let figures: [RuntimeFigures.Entry]
    let devices: [String: [RuntimeFigures.Entry]]

    init(_ runtime: Runtime) {
      name = runtime.name
      summary = runtime.summary
      processors = runtime.processorNames
      figures = runtime.figures.entries
      devices = runtime.figuresByDevice.mapValues(\.entries)
    }
  }

  let runtimes: [Entry]
}

/// One line for each runtime.
private func runtimeTable(_ runtimes: [Runtime], _ format: TableFormat) -> String {
  var table = TextTable(columns: [.init("name"), .init("runtime"), .init("runs on")])
  for runtime in runtimes {
    table.append([runtime.name, runtime.summary, runtime.processorNames.joined(separator: ", ")])
  }
  return table.rendered(format) + "\nFigures and their sources: uniference runtimes NAME.\n"
}

/// Every figure of a runtime, first those of all devices.
private func runtimeText(_ runtime: Runtime, _ format: TableFormat) -> String {
  func table(_ title: String, _ figures: RuntimeFigures) -> String {
    var table = TextTable(columns: [.init("figure"), .init("value", .right, wrapsTo: 24), .init("source", wrapsTo: 40)])
    for entry in figures.entries { table.append([entry.field, entry.value, entry.source]) }
    return "\(title)\n" + table.rendered(format)
  }
  let common = runtime.figures.entries.isEmpty ? [] : [table("On all devices", runtime.figures)]
  let others = runtime.figuresByDevice.sorted { $0.key < $1.key }.map { table("On \($0.key)", $0.value) }
  return "\(runtime.name): \(runtime.summary)\n\n" + (common + others).joined(separator: "\n")
}
