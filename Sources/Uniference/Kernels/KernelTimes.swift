import LibTorch

/// Where the time of tensor operations comes from.
public enum KernelTimes: Sendable {
  /// From each device's description in the cluster.
  case described
  /// From the kernels that compute the values here, times each device's speed. Needs ``ValueOptions``.
  case measured
  /// From an earlier run in which they were measured; values are not needed.
  case recorded(OperationRecording)

  /// Whether equal operations take equal times, so that what follows them may go as it went before.
  var mayRepeat: Bool {
    if case .described = self { true } else { false }
  }
}

extension SimulationOptions {
  /// Where a run's compute time comes from.
  package func basis(on cluster: Cluster) -> ComputeBasis {
    if let computeBasis { return computeBasis }
    switch kernelTimes {
    case .described: return .roofline
    case .recorded(let recording): return .recorded(in: recording.path, recording.origin, on: cluster)
    case .measured:
      guard let name = values?.deviceName, name != "cpu" else { return .measured(on: cluster) }
      return .measured(on: cluster, processor: "\(name) of this machine", kind: .gpu)
    }
  }
}

/// How tensors get values in a simulation.
public struct ValueOptions: Sendable {
  /// libtorch.
  public var library: TorchLibrary
  /// Its name of the device that computes for all ranks, one after another: `cpu`, `cuda:0`, `mps`.
  public var deviceName: String

  /// - Parameter threadCount: how many threads one operation on the CPU may use, in the whole process. Times are
  ///   measured on the thread that computes, so more than one suit only runs whose times come from elsewhere.
  /// - Throws: when libtorch refuses.
  public init(library: TorchLibrary, deviceName: String = "cpu", threadCount: Int = 1) throws(TorchError) {
    try library.checkDevice(deviceName)
    try library.setThreadCount(threadCount)
    self.library = library
    self.deviceName = deviceName
  }
}
