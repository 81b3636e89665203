import Quantities

/// The devices that Uniference knows by name.
///
/// Arithmetic rates are dense: what tensor cores reach with structured sparsity is left out. Figures that makers do
/// not publish are marked as assumptions; replace them by measurements of your own in the cluster file.
public enum DeviceCatalogue {
  /// All devices, from small to large.
  public static let all: [DeviceSpecification] =
    raspberryPis + jetsons + iPhones + macs + [ryzenAIMax] + geForces + serverCards + a100s + hoppers + blackwells
    + [mi250xDie, mi300x, cpuServer]

  private static let byID = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0) })

  /// The device with an id such as `jetson-orin-nano`.
  /// - Throws: ``DeviceError/unknownDevice(_:likely:)`` with the ids that may be meant.
  public static func device(_ id: String) throws(DeviceError) -> DeviceSpecification {
    guard let device = byID[id] else {
      throw .unknownDevice(id, likely: likelyNames(for: id, among: all.map(\.id)))
    }
    return device
  }
}
