import ChildPrograms
import Foundation
import Inputs

/// The Python that runs scripts, and where the `uniference` package is.
public struct PythonEnvironment: Sendable {
  /// The interpreter.
  public let interpreter: String
  /// A folder to put before the interpreter's own module path; `nil` where the package is installed there.
  public let packageFolder: String?

  /// The Python in use, see `PythonInterpreter`.
  ///
  /// - Throws: when there is none.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(PythonMissing) {
    interpreter = try PythonInterpreter(environment: environment).path
    packageFolder = Self.packageFolder
  }

  /// The folder `python` of the source tree, or of an installation.
  private static var packageFolder: String? {
    ShippedFiles.path(of: "python") { FileManager.default.fileExists(atPath: $0 + "/uniference/launcher.py") }
  }

  /// The variables of this process, with what Python needs to find the package.
  public var moduleVariables: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    let path = [packageFolder, environment["PYTHONPATH"]].compactMap(\.self).filter { !$0.isEmpty }
    if !path.isEmpty { environment["PYTHONPATH"] = path.joined(separator: ":") }
    return environment
  }

  /// The variables of this process, with what others need to find the package, its hook at the start of Python, and the
  /// session.
  func variables(forSessionIn folder: String) -> [String: String] {
    var environment = moduleVariables
    environment["UNIFERENCE_SESSION"] = folder
    let path = [packageFolder.map { $0 + "/uniference/startup" }, environment["PYTHONPATH"]]
    environment["PYTHONPATH"] = path.compactMap(\.self).joined(separator: ":")
    return environment
  }
}

/// Why ranks cannot be started.
public struct LaunchError: Error, Sendable, CustomStringConvertible, QuotingError {
  /// One line: what is wrong, and what to do.
  public let description: String

  init(_ description: String) { self.description = description }
}
