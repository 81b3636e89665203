import Foundation
import Synchronization

extension KernelTables {
  /// The tables that come with the program for a device, if there are any. They are read when they are first asked for.
  ///
  /// - Throws: when the file is there but damaged.
  public static func shipped(for device: DeviceSpecification) throws(KernelTableError) -> KernelTables? {
    guard let folder = shippedFolder else { return nil }
    let path = "\(folder)/\(device.id).kernels"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    if let known = opened.withLock({ $0[path] }) { return known }
    let tables = try KernelTables(contentsOf: path)
    opened.withLock { $0[path] = tables }
    return tables
  }

  private static let opened = Mutex<[String: KernelTables]>([:])

  /// Where they are: the folder of resources that the package manager puts beside a program, or that an installation has
  /// in `share/uniference` of its prefix.
  ///
  /// `Bundle.module` would end the program where the resources are missing; without these tables it works all the same.
  private static let shippedFolder: String? = {
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = executable.deletingLastPathComponent()
    let bundles = ["Uniference_Devices.resources", "Uniference_Devices.bundle"]
    var candidates = bundles.map { folder.appendingPathComponent($0) }
    candidates += bundles.map { Bundle.main.bundleURL.appendingPathComponent($0) }
    candidates += [Bundle.main.resourceURL].compactMap(\.self)
    while folder.path != "/" {
      candidates.append(folder.appendingPathComponent("share/uniference"))
      folder.deleteLastPathComponent()
    }
    return candidates.map { $0.appendingPathComponent("Kernels").path }.first {
      FileManager.default.fileExists(atPath: $0)
    }
  }()
}
