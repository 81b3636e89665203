import Foundation
import Inputs

/// The Python in use: the one whose packages scripts and programs get.
public struct PythonInterpreter: Sendable {
  /// Path of the program.
  public let path: String

  /// The one named by `UNIFERENCE_PYTHON`, else the active virtual environment's, else the one beside this program, into
  /// whose environment it was installed, else `.venv` here, else `python3` on the path.
  ///
  /// - Throws: when there is none.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(PythonMissing) {
    if let chosen = environment["UNIFERENCE_PYTHON"] {
      guard let path = SearchPath.find(chosen, environment: environment) else {
        throw PythonMissing("UNIFERENCE_PYTHON names '\(chosen)', which is no program; give the path of a Python")
      }
      self.path = path
      return
    }
    let active = environment["VIRTUAL_ENV"].map { $0 + "/bin/python" }
    let tool = Bundle.main.executableURL?.resolvingSymlinksInPath()
    let beside = tool.flatMap { tool in
      // A program's library may also be loaded by a Python, which is no tool of ours.
      tool.lastPathComponent.hasPrefix("uniference") ? tool.deletingLastPathComponent().path + "/python" : nil
    }
    let here = FileManager.default.currentDirectoryPath + "/.venv/bin/python"
    let candidates = [active, beside, here].compactMap(\.self) + ["python3", "python"]
    guard let path = candidates.lazy.compactMap({ SearchPath.find($0, environment: environment) }).first else {
      throw PythonMissing(
        "no Python was found; install Python 3.10 or later with PyTorch, or set UNIFERENCE_PYTHON to the path of one")
    }
    self.path = path
  }

  /// The folder that it was installed in, of a virtual environment that environment's: what Python calls `sys.prefix`.
  public var prefix: String {
    URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
  }

  /// A command as it can be started: with `python3` in the place of `python` where there is only that, as on Debian and
  /// macOS.
  public static func startable(
    _ command: [String], environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> [String] {
    guard command.first == "python", SearchPath.find("python", environment: environment) == nil,
      SearchPath.find("python3", environment: environment) != nil
    else {
      return command
    }
    return ["python3"] + command.dropFirst()
  }
}

/// There is no Python.
public struct PythonMissing: Error, Sendable, CustomStringConvertible, QuotingError {
  /// One line: what is wrong, and what to do.
  public let description: String

  init(_ description: String) { self.description = description }
}
