import Foundation

/// Where the files are that come with the program.
package enum ResourceFolder {
  /// The folder `name` among a module's resources: in the folder of resources that the package manager puts beside a
  /// program, or in `share/uniference` of an installation's prefix. `nil` where it is in neither.
  ///
  /// `Bundle.module` would end the program where the resources are missing.
  package static func path(of name: String, module: String) -> String? {
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = executable.deletingLastPathComponent()
    let bundles = ["Uniference_\(module).resources", "Uniference_\(module).bundle"]
    var candidates = bundles.map { folder.appendingPathComponent($0) }
    candidates += bundles.map { Bundle.main.bundleURL.appendingPathComponent($0) }
    candidates += [Bundle.main.resourceURL].compactMap(\.self)
    while folder.path != "/" {
      candidates.append(folder.appendingPathComponent("share/uniference"))
      folder.deleteLastPathComponent()
    }
    return candidates.map { $0.appendingPathComponent(name).path }.first {
      FileManager.default.fileExists(atPath: $0)
    }
  }
}
