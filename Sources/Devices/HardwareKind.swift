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
}
