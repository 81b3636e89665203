import Devices
import Quantities
import SimulationKernel
import Uniference

/// What a strategy's part would need of one device's memory: what it would hold when it holds most.
public struct MemoryNeed: Codable, Hashable, Sendable {
  /// The device.
  public let device: String
  /// Parameters of the model.
  public let weights_bytes: Int
  /// Keys and values of earlier positions.
  public let key_value_cache_bytes: Int
  /// Everything else: activations, receive buffers, inputs.
  public let activations_bytes: Int
  /// The sum.
  public let bytes: Int
  /// What the device has for tensors.
  public let usable_bytes: Int

  /// Whether the device has it.
  public var fits: Bool { bytes <= usable_bytes }

  init(_ device: ClusterDevice, _ uses: [SimulationReport.MemoryUse]) {
    func sum(where isIncluded: (String) -> Bool) -> Int {
      uses.filter { isIncluded($0.label) }.reduce(0) { $0 + $1.bytes }
    }
    let (weights, cache) = (sum { $0.hasSuffix("weights") }, sum { $0 == "key-value cache" })
    self.device = device.name
    weights_bytes = weights
    key_value_cache_bytes = cache
    bytes = sum { _ in true }
    activations_bytes = bytes - weights - cache
    usable_bytes = device.specification.usableMemory.bytes
  }
}

extension MemoryNeed: CustomStringConvertible {
  /// A clause for an error: `jetson-0 would need 16.3 GB in all (weights 16.1 GB, KV cache 33.6 MB, activations 210 MB) and
  /// has 7.5 GB`.
  public var description: String {
    let parts = [
      ("weights", weights_bytes), ("KV cache", key_value_cache_bytes), ("activations", activations_bytes),
    ].filter { $0.1 > 0 }.map { "\($0.0) \(DataSize(bytes: $0.1))" }
    return """
      \(device) would need \(DataSize(bytes: bytes)) in all (\(parts.joined(separator: ", "))) and has \
      \(DataSize(bytes: usable_bytes))
      """
  }
}

extension Experiment {
  /// What each device of a placement would need: the experiment on devices of unlimited memory, up to its first token. What
  /// a later one needs is no more, since caches are there from the beginning and a single position takes less than a
  /// prompt.
  func memoryNeeds(
    on placement: DevicePlacement, options: SimulationOptions,
    simulate: (Cluster, SimulationOptions) throws -> SimulationReport
  ) throws -> [MemoryNeed] {
    var unlimited = cluster
    for rank in unlimited.devices.indices {
      unlimited.devices[rank].specification.memory = Figure(
        DataSize(bytes: 1 << 60), .assumption("unlimited, to see what is needed"))
    }
    let stop = Interruption()
    let trial = options.trial { if $0 > 0 { stop.request() } }.interrupted(by: stop)
    var report: SimulationReport?
    do {
      report = try simulate(unlimited, trial)
    } catch let failure as RunFailure {
      // What the user has interrupted is at its end here, too.
      if options.interruption.isRequested { throw failure }
      report = failure.report
    }
    return placement.ranks.map { MemoryNeed(cluster.devices[$0], report?.devices[$0].peak_memory ?? []) }
  }
}

extension SimulationOptions {
  fileprivate func interrupted(by interruption: Interruption) -> SimulationOptions {
    var options = self
    options.interruption = interruption
    return options
  }
}
