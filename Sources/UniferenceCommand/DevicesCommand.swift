import ArgumentParser
import Devices
import Quantities
import Reports
import Results

/// `uniference devices`.
struct DevicesCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices",
    abstract: "List the devices that cluster files may name, each figure with its source.")

  @Argument(help: "One device, to see every figure of it.")
  var id: String?

  @Flag(help: "List every figure of every device, not only the most important ones.")
  var all = false

  @Flag(help: "Print one JSON object with every figure in SI units.")
  var json = false

  func perform() async throws {
    let devices = try id.map { [try DeviceCatalogue.device($0)] } ?? DeviceCatalogue.all
    if json {
      try StandardOutput.print(try jsonText(DeviceListing(devices: devices)))
    } else if id != nil || all {
      try StandardOutput.print(devices.map(figureTable).joined(separator: "\n"), terminator: "")
    } else {
      try StandardOutput.print(catalogueTable(devices), terminator: "")
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

  var text: String { sources.enumerated().map { "[\($0.offset + 1)] \($0.element)\n" }.joined() }
}

/// One line for each device with numbers that lead to the sources below.
func catalogueTable(_ devices: [DeviceSpecification]) -> String {
  var citations = Citations()
  func cited<Value>(_ figure: Figure<Value>, _ text: (Value) -> String) -> String {
    "\(text(figure.value)) \(citations.cite(figure.source))"
  }
  var table = TextTable(
    columns: [
      .init("id"), .init("device"), .init("memory", .right), .init("bandwidth", .right), .init("float16", .right),
      .init("power", .right),
    ])
  for device in devices {
    table.append([
      device.id, device.displayName, cited(device.memory, \.binaryDescription),
      cited(device.memoryBandwidth, \.byteRateDescription), cited(device.peak(for: .float16), \.description),
      cited(device.busyPower, \.description),
    ])
  }
  return table.rendered() + "\nSources\n" + citations.text
    + "\nEfficiencies, overheads and all other figures: uniference devices ID, or --all.\n"
}

/// Every figure of a device, one a line, with numbers that lead to the sources below.
func figureTable(_ device: DeviceSpecification) -> String {
  var citations = Citations()
  var table = TextTable(columns: [.init("figure"), .init("value", .right), .init("source"), .init("meaning")])
  for figure in device.listing {
    table.append([figure.field.rawValue, figure.value, citations.cite(figure.source), figure.field.meaning])
  }
  return "\(device.id): \(device.displayName)\n" + table.rendered() + citations.text
}
