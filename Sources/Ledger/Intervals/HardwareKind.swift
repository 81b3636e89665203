import Devices
import Uniference

/// Devices of which equally good predictions can be expected.
public enum HardwareKind: String, CaseIterable, Codable, Hashable, Sendable {
  /// NVIDIA's and AMD's accelerators for servers.
  case datacentreGPU = "datacentre GPU"
  /// Graphics cards for desktop machines.
  case consumerGPU = "consumer GPU"
  /// The GPUs of Macs.
  case appleGPU = "Apple GPU"
  /// The GPUs of other processors with shared memory.
  case integratedGPU = "integrated GPU"
  /// NVIDIA's boards.
  case jetson = "Jetson"
  /// Phones.
  case phone
  /// Boards whose processors compute.
  case boardCPU = "CPU board"
  /// Servers whose processors compute.
  case serverCPU = "server CPU"

  /// How the catalogue's names of each kind begin.
  private static let beginnings: [(beginning: String, kind: HardwareKind)] = [
    ("a100", .datacentreGPU), ("h100", .datacentreGPU), ("h200", .datacentreGPU), ("h20", .datacentreGPU),
    ("b200", .datacentreGPU), ("b300", .datacentreGPU), ("gb200", .datacentreGPU), ("gb300", .datacentreGPU),
    ("l40s", .datacentreGPU), ("l4", .datacentreGPU), ("a10", .datacentreGPU), ("mi", .datacentreGPU),
    ("rtx-", .consumerGPU), ("mac-", .appleGPU), ("ryzen-", .integratedGPU), ("jetson-", .jetson), ("iphone-", .phone),
    ("raspberry-", .boardCPU), ("cpu-server", .serverCPU),
  ]

  /// The kind of a device of the catalogue; `nil` for one that is described by its figures alone.
  public init?(_ device: DeviceSpecification) {
    guard let kind = Self.beginnings.first(where: { device.id.hasPrefix($0.beginning) })?.kind else { return nil }
    self = kind
  }

  /// The one kind of all devices; `nil` for unequal ones, and for those on which computing takes no time.
  init?(of devices: some Sequence<ClusterDevice>) {
    let kinds = Set(devices.map { $0.compute == .roofline ? HardwareKind($0.specification) : nil })
    guard kinds.count == 1, let kind = kinds.first, let kind else { return nil }
    self = kind
  }
}
