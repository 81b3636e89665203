import ArgumentParser
import Devices
import Quantities
import Reports

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
      print(try jsonText(DeviceListing(devices: devices)))
    } else if id != nil || all {
      print(devices.map(figureTable).joined(separator: "\n"), terminator: "")
    } else {
      print(catalogueTable(devices), terminator: "")
    }
  }
}

/// One line for each device with numbers that lead to the sources below.
func catalogueTable(_ devices: [DeviceSpecification]) -> String {
  var sources: [FigureSource] = []
  func cited(_ text: String, _ source: FigureSource) -> String {
    let index = sources.firstIndex(of: source) ?? sources.endIndex
    if index == sources.endIndex { sources.append(source) }
    return "\(text) [\(index + 1)]"
  }
  var table = TextTable(
    columns: [
      .init("id"), .init("device"), .init("memory", .right), .init("bandwidth", .right), .init("float16", .right),
      .init("power", .right),
    ])
  for device in devices {
    let peak = device.peak(for: .float16)
    table.append([
      device.id, device.displayName,
      cited(device.memory.value.binaryDescription, device.memory.source),
      cited(device.memoryBandwidth.value.byteRateDescription, device.memoryBandwidth.source),
      cited("\(peak.value)", peak.source),
      cited("\(device.busyPower.value)", device.busyPower.source),
    ])
  }
  let notes = sources.enumerated().map { "[\($0.offset + 1)] \($0.element)\n" }.joined()
  return table.rendered() + "\nSources\n" + notes
    + "\nEfficiencies, overheads and all other figures: uniference devices ID, or --all.\n"
}

/// Every figure of a device, one a line.
func figureTable(_ device: DeviceSpecification) -> String {
  var table = TextTable(columns: [.init("figure"), .init("value", .right), .init("source")])
  for figure in device.listing {
    table.append([figure.field.rawValue, figure.value, "\(figure.source)"])
  }
  return "\(device.id): \(device.displayName)\n" + table.rendered()
}
