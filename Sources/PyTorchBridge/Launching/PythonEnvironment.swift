import Foundation

/// The Python that runs scripts, and where the `uniference` package is.
public struct PythonEnvironment: Sendable {
  /// The interpreter.
  public let interpreter: String
  /// A folder to put before the interpreter's own module path; `nil` where the package is installed there.
  let packageFolder: String?

  /// The one named by `UNIFERENCE_PYTHON`, else the active virtual environment's, else `.venv` here, else `python3` on the path.
  ///
  /// - Throws: ``LaunchError`` when there is none.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
    let files = FileManager.default
    if let chosen = environment["UNIFERENCE_PYTHON"] {
      guard let path = Self.find(chosen, environment) else {
        throw LaunchError("UNIFERENCE_PYTHON names '\(chosen)', which is no program; give the path of a Python")
      }
      interpreter = path
    } else {
      let folders = [environment["VIRTUAL_ENV"], files.currentDirectoryPath + "/.venv"].compactMap(\.self)
      let candidates = folders.map { $0 + "/bin/python" } + ["python3", "python"]
      guard let path = candidates.lazy.compactMap({ Self.find($0, environment) }).first else {
        throw LaunchError(
          "no Python was found; install Python 3.9 or later with PyTorch, or set UNIFERENCE_PYTHON to the path of one")
      }
      interpreter = path
    }
    packageFolder = Self.packageFolder
  }

  private static func find(_ program: String, _ environment: [String: String]) -> String? {
    let files = FileManager.default
    if program.contains("/") { return files.isExecutableFile(atPath: program) ? program : nil }
    return (environment["PATH"] ?? "").split(separator: ":").lazy.map { "\($0)/\(program)" }
      .first { files.isExecutableFile(atPath: $0) }
  }

  /// The folder `python` of the source tree that this program was built in, or of the prefix that it was installed in.
  private static var packageFolder: String? {
    let files = FileManager.default
    guard let executable = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = executable.deletingLastPathComponent()
    while folder.path != "/" {
      for candidate in ["python", "share/uniference/python"] {
        let path = folder.appendingPathComponent(candidate).path
        if files.fileExists(atPath: path + "/uniference/launcher.py") { return path }
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }

  /// Adds what a process needs to find the package and the session.
  func variables(
    for folder: SessionFolder, startHook: Bool, over environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String: String] {
    var environment = environment
    environment["UNIFERENCE_SESSION"] = folder.path
    var path = [packageFolder].compactMap(\.self)
    if startHook, let packageFolder { path.append(packageFolder + "/uniference/startup") }
    if let former = environment["PYTHONPATH"], !former.isEmpty { path.append(former) }
    if !path.isEmpty { environment["PYTHONPATH"] = path.joined(separator: ":") }
    return environment
  }
}

/// Why ranks cannot be started.
public struct LaunchError: Error, Sendable, CustomStringConvertible {
  /// One line: what is wrong, and what to do.
  public let description: String

  init(_ description: String) { self.description = description }
}
