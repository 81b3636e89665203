import Devices

extension Cluster {
  /// The cluster with devices that execute kernel by kernel what PyTorch scripts give them: between two kernels an
  /// accelerator drains and fills, as under the runtime `eager`.
  package var executingEagerly: Cluster {
    var result = self
    for index in devices.indices where devices[index].specification.processor == .gpu {
      let figures = Runtime.shipped.first { $0.name == "eager" }?.figures(for: devices[index].specification)
      result.devices[index].kernelGap = figures?.launchGap?.value
    }
    return result
  }
}
