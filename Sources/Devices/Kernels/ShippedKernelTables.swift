import Foundation
import Inputs
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

  /// Where they are: in the folder of resources that the package manager puts beside a program, or among what an
  /// installation ships.
  ///
  /// `Bundle.module` would end the program where the resources are missing; without these tables it works all the same.
  private static let shippedFolder: String? = {
    let bundles = ["Uniference_Devices.resources", "Uniference_Devices.bundle"]
    let parents = [ShippedFiles.executableFolder, Bundle.main.bundleURL].compactMap(\.self)
    var candidates = parents.flatMap { parent in bundles.map { parent.appendingPathComponent($0) } }
    candidates += [Bundle.main.resourceURL].compactMap(\.self)
    let beside = candidates.map { $0.appendingPathComponent("Kernels").path }
      .first { FileManager.default.fileExists(atPath: $0) }
    return beside ?? ShippedFiles.path(of: "Kernels")
  }()
}
