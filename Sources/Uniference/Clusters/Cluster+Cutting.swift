extension Cluster {
  /// The first devices of the cluster on their network.
  ///
  /// - Throws: ``ClusterSizeError`` when there are too few, or the network does not go with fewer.
  package func keepingDevices(_ count: Int) throws -> Cluster {
    guard count >= 1 else { throw ClusterSizeError("-n \(count) is not possible; give 1 or more ranks") }
    guard count <= devices.count else {
      throw ClusterSizeError(
        "-n \(count) asks for \(count) ranks, but cluster \(name) has \(devices.count) devices, and each rank needs one; "
          + "give a smaller number or a larger cluster")
    }
    guard count < devices.count else { return self }
    var smaller = self
    smaller.devices = Array(devices.prefix(count))
    smaller.failures.removeAll { $0.device >= count }
    do {
      _ = try smaller.makeTopology()
    } catch {
      throw ClusterSizeError("cluster \(name) cannot be cut to its first \(count) devices: \(error)")
    }
    return smaller
  }
}

/// A number of ranks that a cluster does not have devices for.
public struct ClusterSizeError: Error, CustomStringConvertible, Hashable, Sendable {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}
