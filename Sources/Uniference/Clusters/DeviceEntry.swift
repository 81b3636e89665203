import Devices
import Documents
import Inputs
import Quantities

/// One entry of a cluster file's `devices`: equal devices under one name.
struct DeviceEntry {
  let name: String
  let devices: [ClusterDevice]

  /// - Throws: also when two devices would have the same name.
  static func decodeList(_ value: DocumentValue) throws(DocumentError) -> [DeviceEntry] {
    let elements = try value.list(of: "devices such as {name: jetson, count: 4, model: jetson-orin-nano}")
    guard !elements.isEmpty else { throw value.error("the list is empty; a cluster has at least one device") }
    var entries: [DeviceEntry] = []
    var names: Set<String> = []
    for element in elements {
      let entry = try DeviceEntry(element)
      entries.append(entry)
      for device in entry.devices where !names.insert(device.name).inserted {
        throw element.error("a second device is called \"\(quotable(device.name))\"; give the entries different names")
      }
      guard names.count <= Cluster.maximumDeviceCount else {
        throw value.error("\(names.count) devices are too many; at most \(Cluster.maximumDeviceCount) are allowed")
      }
    }
    return entries
  }

  private static let figureNames = DeviceField.allCases.map(\.rawValue)

  private init(_ value: DocumentValue) throws(DocumentError) {
    let fields = try DocumentFields(
      value, of: "a device's fields",
      allowed: ["name", "model", "count", "compute", "speed", "slowdowns", "quota", "kernels"] + Self.figureNames)
    let model = try fields.required("model", example: "jetson-orin-nano")
    var specification = try Self.specification(model, fields)
    let speed = try Self.speed(fields)
    let quota = try fields["quota"].map(Self.quota)
    let compute = try fields["compute"]?.choice("compute model", of: ClusterDevice.Compute.self) ?? .roofline
    let kernels = try fields["kernels"].map { value throws(DocumentError) in
      try Self.kernels(value, of: specification)
    }
    if case .tables(let tables) = kernels, let time = tables.dispatchTime, fields["launch_overhead"] == nil {
      specification.launchOverhead = Figure(time, .measurement("\(tables.path), \(tables.measuredOn)"))
    }
    let count = try fields["count"]?.integer(in: 1...Cluster.maximumDeviceCount) ?? 1
    name = try fields["name"]?.name("the device's name") ?? specification.id
    devices = Cluster.names(of: count, called: name).map {
      ClusterDevice(name: $0, specification, speed: speed, quota: quota, compute: compute, kernels: kernels ?? .shipped)
    }
  }

  private static func specification(
    _ model: DocumentValue, _ fields: DocumentFields
  ) throws(DocumentError) -> DeviceSpecification {
    var specification: DeviceSpecification
    let id = try model.text("the id of a device such as jetson-orin-nano")
    do throws(DeviceError) {
      specification = try DeviceCatalogue.device(id)
    } catch {
      throw model.error("\(error)")
    }
    for field in figureNames {
      guard let figure = fields[field] else { continue }
      let text = try figure.text("a number with its unit")
      do throws(DeviceError) {
        try specification.set(field: field, to: text, source: figure.figureSource)
      } catch .invalidFigure(_, let error) {
        throw figure.error("\(error)")
      } catch {
        throw figure.error("\(error)")
      }
    }
    do throws(DeviceError) { try specification.validate() } catch { throw fields.mapping.error("\(error)") }
    return specification
  }

  private static func kernels(
    _ value: DocumentValue, of specification: DeviceSpecification
  ) throws(DocumentError) -> ClusterDevice.Kernels {
    switch try value.name("none, shipped, or the path of a file of kernel tables") {
    case "none": return .none
    case "shipped": return .shipped
    default:
      let path = try value.referencedPath()
      do throws(KernelTableError) {
        let tables = try KernelTables(contentsOf: path)
        try tables.check(isOf: specification)
        return .tables(tables)
      } catch {
        throw value.error("\(error)")
      }
    }
  }

  private static func quota(_ value: DocumentValue) throws(DocumentError) -> ProcessorQuota {
    let fields = try DocumentFields(value, of: "a quota's fields", allowed: ["share", "period"])
    let share = try fields.required("share", example: "50%").ratio(FieldLimits.share)
    let period = try fields["period"]?.quantity(Duration.self, .positive) ?? ProcessorQuota.defaultPeriod
    do throws(DeviceError) {
      return try ProcessorQuota(share: share, period: period)
    } catch {
      throw value.error("\(error)")
    }
  }

  private static func speed(_ fields: DocumentFields) throws(DocumentError) -> SpeedProfile {
    let scale = try fields["speed"]?.ratio(FieldLimits.factor) ?? 1
    var slowdowns: [Slowdown] = []
    for element in try fields["slowdowns"]?.list(of: "slowdowns such as {from: 10 s, until: 20 s, speed: 0.5}") ?? [] {
      let window = try DocumentFields(element, of: "a slowdown's fields", allowed: ["from", "until", "speed"])
      slowdowns.append(
        Slowdown(
          from: try window["from"]?.quantity(Duration.self, .notNegative) ?? .zero,
          until: try window["until"]?.quantity(Duration.self, .positive),
          speed: try window.required("speed", example: "0.5").ratio(FieldLimits.factor)))
    }
    do throws(DeviceError) {
      return try SpeedProfile(scale: scale, slowdowns: slowdowns)
    } catch {
      throw (fields["slowdowns"] ?? fields.mapping).error("\(error)")
    }
  }
}

extension DocumentValue {
  /// Where a figure given by this value comes from.
  fileprivate var figureSource: FigureSource {
    switch origin {
    case .file: .clusterFile
    case .option: FigureSource(.override, "set on the command line")
    }
  }
}
