import Devices
import Quantities

/// A copy between the memories of a host and its device.
public struct HostCopy: Hashable, Sendable {
  /// Where a copy goes. A link carries both at once.
  public enum Direction: Hashable, Sendable {
    /// From the host to the device.
    case toDevice
    /// From the device to the host.
    case toHost
  }

  /// How many bytes are copied.
  public let byteCount: Int64
  /// Where it goes.
  public let direction: Direction
  /// Whether the host's memory is pinned, so that the device can access it.
  public let isPinned: Bool

  /// A copy of so many bytes, none for a negative number.
  public init(byteCount: Int64, direction: Direction, isPinned: Bool) {
    self.byteCount = max(0, byteCount)
    self.direction = direction
    self.isPinned = isPinned
  }

  /// The part of the link's rate that copies of pinned memory reach: 25 of 31.5 GB/s on an A100 (CUDA samples,
  /// bandwidthTest).
  static let pinnedShare = 0.8
  /// The rate without pinned memory over that with: 2.3 of 5.7 GB/s (M. Harris, "How to Optimize Data Transfers in CUDA
  /// C/C++", NVIDIA technical blog, 2012), since a core of the host copies everything once more.
  static let pageableShare = 0.4

  /// How long it takes the link of a device, in picoseconds. Where host and device share one memory, it is a copy within
  /// that.
  func picoseconds(on device: DeviceSpecification) -> Int64 {
    guard let link = device.hostLink?.value else {
      let rate = device.memoryBandwidth.value.bytesPerSecond * device.memoryEfficiency.value.value
      return Picoseconds.nearest(2e12 * Double(byteCount) / rate)
    }
    let share = isPinned ? Self.pinnedShare : Self.pinnedShare * Self.pageableShare
    return Picoseconds.nearest(1e12 * Double(byteCount) / (link.bytesPerSecond * share))
  }
}
