import ArgumentParser
import Devices
import Quantities
import Reports
import Results

/// `uniference devices`.
struct DevicesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List the devices that cluster files may name, each figure with its source.",
    discussion: "uniference devices [ID] is short for uniference devices list [ID].",
    subcommands: [DevicesListCommand.self, DevicesImportCommand.self], defaultSubcommand: DevicesListCommand.self)
}

/// `uniference devices list`.
struct DevicesListCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the devices of the catalogue, or every figure of one.")

  @Argument(help: "One device, to see every figure of it.")
  var id: String?

  @Flag(help: "List every figure of every device, not only the most important ones.")
  var all = false

  @Flag(help: "List the tables of measured kernel times that stand behind a device, or behind each of them.")
  var kernels = false

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object with every figure in SI units.")
  var json = false

  func perform() async throws {
    let devices = try id.map { [try DeviceCatalogue.device($0)] } ?? DeviceCatalogue.all
    if kernels {
      let listing = try KernelTableListing(devices: devices)
      let text = try json ? jsonText(listing) + "\n" : listing.text(tables.format)
      try StandardOutput.print(text, terminator: "")
    } else if json {
      try StandardOutput.print(try jsonText(DeviceListing(devices: devices)))
    } else if id != nil || all {
      try StandardOutput.print(devices.map { figureTable($0, tables.format) }.joined(separator: "\n"), terminator: "")
    } else {
      try StandardOutput.print(catalogueTable(devices, tables.format), terminator: "")
    }
  }
}

/// The sources that a listing cites by number, in the order in which they are first cited.
private struct Citations {
  private var sources: [FigureSource] = []

  mutating func cite(_ source: FigureSource) -> String {
    let index = sources.firstIndex(of: source) ?? sources.endIndex
    if index == sources.endIndex { sources.append(source) }
    return "[\(index + 1)]"
  }

  func text(_ format: TableFormat) -> String {
    sources.enumerated().map { index, source in
      wrapped("[\(index + 1)] \(source)", width: format.width ?? .max, indent: 4) + "\n"
    }.joined()
  }
}

/// One line for each device with numbers that lead to the sources below.
func catalogueTable(_ devices: [DeviceSpecification], _ format: TableFormat = TableFormat()) -> String {
  var citations = Citations()
  // A figure and its unit stay together; its source may stand below them.
  func cited<Value>(_ figure: Figure<Value>, _ text: (Value) -> String) -> String {
    "\(text(figure.value).replacing(" ", with: "\u{A0}")) \(citations.cite(figure.source))"
  }
  var table = TextTable(
    columns: [
      .init("id"), .init("device", wrapsTo: 20, leftOut: 1), .init("memory", .right, wrapsTo: 4),
      .init("bandwidth", .right, wrapsTo: 4), .init("float16", .right, wrapsTo: 4), .init("power", .right, wrapsTo: 4),
    ])
  for device in devices {
    table.append([
      device.id, device.displayName, cited(device.memory, \.binaryDescription),
      cited(device.memoryBandwidth, \.byteRateDescription), cited(device.peak(for: .float16), \.description),
      cited(device.busyPower, \.description),
    ])
  }
  return table.rendered(format) + "\nSources\n" + citations.text(format)
    + "\nEfficiencies, overheads and all other figures: uniference devices ID, or --all.\n"
}

/// Every figure of a device, one a line, with numbers that lead to the sources below.
func figureTable(_ device: DeviceSpecification, _ format: TableFormat = TableFormat()) -> String {
  var citations = Citations()
  var table = TextTable(columns: [.init("figure"), .init("value", .right), .init("source"), .init("meaning")])
  for figure in device.listing {
    table.append([figure.field.rawValue, figure.value, citations.cite(figure.source), figure.field.meaning])
  }
  return "\(device.id): \(device.displayName)\n" + table.rendered(format) + citations.text(format)
}
