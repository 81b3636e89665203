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

  /// Where they are; without these tables the program works all the same.
  private static let shippedFolder = ShippedFiles.resources("Kernels", of: "Devices")
}
