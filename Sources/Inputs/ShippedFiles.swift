import Foundation

/// The files that come with the program: Python modules, kernel tables, published cases.
///
/// In a source tree they lie where they are kept; an installation has them in `share/uniference` of its prefix.
public enum ShippedFiles {
  /// Finds a file or a folder, given by its path in the source tree.
  ///
  /// It is looked for in the folder of the executable and in each one above it, so that both `.build/release/uniference` and
  /// `PREFIX/bin/uniference` find theirs.
  ///
  /// - Parameters:
  ///   - name: a path such as `Scripts/build-torch.sh`.
  ///   - isRight: whether what has been found is ours, where the name alone does not tell.
  /// - Returns: its path, or `nil` where there is none.
  public static func path(of name: String, where isRight: (String) -> Bool = { _ in true }) -> String? {
    guard var folder = executableFolder else { return nil }
    while folder.path != "/" {
      for candidate in [name, "share/uniference/\(name)"] {
        let path = folder.appendingPathComponent(candidate).path
        if FileManager.default.fileExists(atPath: path), isRight(path) { return path }
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  /// Finds a folder among a module's resources: where the package manager puts them beside a program, or in an installation.
  ///
  /// `Bundle.module` would end the program where the resources are missing.
  ///
  /// - Parameters:
  ///   - name: the folder's name, such as `Kernels`.
  ///   - module: the target whose resource it is.
  /// - Returns: its path, or `nil` where it is not there.
  public static func resources(_ name: String, of module: String) -> String? {
    let bundles = ["Uniference_\(module).resources", "Uniference_\(module).bundle"]
    let parents = [executableFolder, Bundle.main.bundleURL].compactMap(\.self)
    var candidates = parents.flatMap { parent in bundles.map { parent.appendingPathComponent($0) } }
    candidates += [Bundle.main.resourceURL].compactMap(\.self)
    let beside = candidates.map { $0.appendingPathComponent(name).path }
      .first { FileManager.default.fileExists(atPath: $0) }
    return beside ?? path(of: name)
  }

  /// The folder of the executable, behind symbolic links.
  private static var executableFolder: URL? {
    Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
  }
}
