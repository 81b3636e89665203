import Communication
import Devices

extension GroupLayout.DeviceGeneration {
  /// The generation of a device of the catalogue, or of one that extends it; `nil` where its name does not tell.
  init?(deviceNamed id: String) {
    let family = id.split(separator: "-").first.map(String.init) ?? id
    switch family {
    case "v100", "titan": self = .volta
    case "a100", "a800", "a30": self = .ampere
    case "h100", "h200", "h800", "h20", "gh200": self = .hopper
    case "b100", "b200", "b300", "gb200", "gb300": self = .blackwell
    case "l40s", "l40", "l4", "a10", "a10g", "rtx": self = .ada
    case "mi210", "mi250", "mi250x", "mi300x", "mi300a", "mi325x", "mi355x": self = .cdna
    default: return nil
    }
  }
}

extension Cluster {
  /// The generation of each rank's device, where its name tells.
  var generationOfRank: [GroupLayout.DeviceGeneration?] {
    devices.map { GroupLayout.DeviceGeneration(deviceNamed: $0.specification.id) }
  }
}
