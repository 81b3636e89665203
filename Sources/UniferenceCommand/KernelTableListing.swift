import Devices
import Reports

/// What `uniference devices --kernels` prints: the tables of measured kernel times that come with the program.
struct KernelTableListing: Encodable {
  struct Entry: Encodable {
    let kernels: String
    let element_type: String
    let engine: String
    let kernel_names: [String]
    /// Smallest and largest value of each size.
    let sizes: [String: [Int]]
    let head_configurations: Int?
    let points: Int
  }

  struct Device: Encodable {
    let id: String
    let measured_on: String
    let source: String
    let file: String
    let tables: [Entry]
  }

  let devices: [Device]
  /// A device that was asked for alone.
  private let only: String?

  private enum CodingKeys: CodingKey { case devices }

  /// - Throws: when the program's own file of a device is damaged.
  init(devices: [DeviceSpecification]) throws(KernelTableError) {
    only = devices.count == 1 ? devices.first?.id : nil
    var found: [Device] = []
    for device in devices {
      guard let tables = try KernelTables.shipped(for: device) else { continue }
      found.append(
        Device(
          id: device.id, measured_on: tables.measuredOn, source: tables.source, file: tables.path,
          tables: tables.contents.map(Entry.init)))
    }
    self.devices = found
  }

  func text(_ format: TableFormat) -> String {
    if devices.isEmpty {
      let subject = only.map { "\($0) has" } ?? "There are"
      return wrapped(
        "\(subject) no tables of measured kernel times; times come from the device's figures. "
          + "Make tables with: uniference devices import aisimulate --system SYSTEM", width: format.width ?? .max)
        + "\n"
    }
    return devices.map { text(of: $0, format) }.joined(separator: "\n")
  }

  private func text(of device: Device, _ format: TableFormat) -> String {
    var table = TextTable(
      columns: [
        .init("kernels"), .init("type"), .init("measured with", wrapsTo: 14), .init("sizes", wrapsTo: 30),
        .init("points", .right),
      ])
    for entry in device.tables {
      table.append([
        entry.kernels.replacing("_", with: " "), entry.element_type, entry.engine, entry.sizeText, "\(entry.points)",
      ])
    }
    return "\(device.id): measured on \(device.measured_on)\n" + table.rendered(format)
      + wrapped("Source: \(device.source)", width: format.width ?? .max, indent: 2) + "\n"
  }
}

extension KernelTableListing.Entry {
  init(_ summary: KernelTableSummary) {
    kernels = summary.kind.rawValue
    element_type = summary.elementType
    engine = summary.engine
    kernel_names = summary.kernels
    sizes = Dictionary(
      summary.sizes.map { ($0.name, [$0.range.lowerBound, $0.range.upperBound]) },
      uniquingKeysWith: { first, _ in first })
    head_configurations = summary.configurationCount
    points = summary.pointCount
  }

  fileprivate var sizeText: String {
    let ranges = sizes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value[0]) to \($0.value[1])" }
    let heads = head_configurations.map { ["\($0) configurations of heads"] } ?? []
    return (heads + ranges).joined(separator: ", ")
  }
}
