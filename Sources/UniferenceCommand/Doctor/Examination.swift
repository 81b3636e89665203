import ChildPrograms
import Devices
import Foundation
import Inputs
import Ledger
import LibTorch
import PyTorchBridge
import Testbed

/// Looks for everything that commands may need on this machine.
struct Examination {
  /// What was found, in the order of how many commands need it.
  let findings: [Finding]

  init() {
    findings =
      [Self.kernelTables(), Self.publishedCases()] + Self.python()
      + [Self.sharedMemory(), Self.swift(), Self.testbeds()]
  }

  // MARK: What comes with the program

  private static func kernelTables() -> Finding {
    let (name, purpose) = ("kernel tables", "times of GPUs in simulate, run, sweep")
    do throws(KernelTableError) {
      var count = 0
      for device in DeviceCatalogue.all where try KernelTables.shipped(for: device) != nil { count += 1 }
      guard count > 0 else {
        return .missing(name, for: purpose, remedy: "install uniference again; without them times come from rooflines")
      }
      return .ok(name, "\(count) devices", for: purpose)
    } catch {
      return .doubtful(name, "damaged", for: purpose, remedy: "\(error); install uniference again")
    }
  }

  private static func publishedCases() -> Finding {
    let (name, purpose) = ("published cases", "validate published, intervals of predictions")
    guard let folder = PublishedFolder.shipped else {
      return .missing(name, for: purpose, remedy: "install uniference again; without them figures have no intervals")
    }
    return .ok(name, "\(folder.caseFiles.count) files, \(folder.path)", for: purpose)
  }

  // MARK: Python and PyTorch

  /// Python, and what is in its environment where it runs.
  private static func python() -> [Finding] {
    let (name, purpose) = ("Python", "run, exec, deployment")
    let interpreter: String
    do throws(PythonMissing) { interpreter = try PythonInterpreter().path } catch {
      return [.missing(name, for: purpose, remedy: error.description)]
    }
    let versions: (python: String, torch: String)
    do throws(ChildFailure) { versions = try Self.versions(of: interpreter) } catch {
      return [.doubtful(name, "does not run", for: purpose, remedy: error.complaint)]
    }
    let found = "\(versions.python), \(interpreter)"
    let isOld = versions.python.compare("3.10", options: .numeric) == .orderedAscending
    let finding: Finding =
      isOld
      ? .doubtful(
        name, found, for: purpose, remedy: "Python 3.10 or later is needed; set UNIFERENCE_PYTHON to the path of one")
      : .ok(name, found, for: purpose)
    return [finding, torch(versions.torch, of: interpreter), torchLibrary()]
  }

  /// - Returns: Python's version, and that of PyTorch, empty where it has none.
  private static func versions(of interpreter: String) throws(ChildFailure) -> (python: String, torch: String) {
    let program = """
      import importlib.metadata, importlib.util, platform
      print(platform.python_version())
      try:
          print(importlib.metadata.version("torch") if importlib.util.find_spec("torch") else "")
      except importlib.metadata.PackageNotFoundError:
          print("of unknown version")
      """
    let lines = try ChildProgram([interpreter, "-c", program]).output()
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return (String(lines.first ?? ""), lines.count > 1 ? String(lines[1]) : "")
  }

  private static func torch(_ version: String, of interpreter: String) -> Finding {
    let (name, purpose) = ("PyTorch", "run, exec, values of Swift programs")
    let install = "\(interpreter) -m pip install 'torch==\(testedTorch).*'"
    if version.isEmpty { return .missing(name, for: purpose, remedy: install) }
    guard version.hasPrefix("\(testedTorch).") else {
      return .doubtful(
        name, "\(version), which has not been tested", for: purpose, remedy: "tested is \(testedTorch): \(install)")
    }
    return .ok(name, version, for: purpose)
  }

  /// The version of PyTorch that the tests run with, as `python/uniference/preflight.py` has it.
  private static let testedTorch = "2.13"

  private static func torchLibrary() -> Finding {
    let (name, purpose) = ("libtorch", "values of Swift programs")
    do throws(TorchError) {
      let library = try TorchLibrary()
      return .ok(name, library.version, for: purpose)
    } catch {
      let hasCompiler = ["clang++", "g++"].contains { SearchPath.find($0) != nil }
      let compiler = hasCompiler ? "" : "; that needs a C++ compiler, such as g++, and there is none here"
      return .missing(name, for: purpose, remedy: "\(error)\(compiler)")
    }
  }

  // MARK: The machine

  /// Tensors of a script's ranks go through shared memory; a container often has only 64 MB.
  private static func sharedMemory() -> Finding {
    let (name, purpose) = ("shared memory", "run: tensors between ranks")
    let folder = SharedMemory.folder
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value else {
      return .doubtful(name, folder, for: purpose, remedy: "\(folder) cannot be looked at")
    }
    let found = "\(free / 1_000_000) MB free in \(folder)"
    guard free >= 1_000_000_000 else {
      return .doubtful(
        name, found, for: purpose,
        remedy: "large tensors will not fit; give \(folder) more room (containers: --shm-size 8g)")
    }
    return .ok(name, found, for: purpose)
  }

  private static func swift() -> Finding {
    let (name, purpose) = ("Swift", "building programs of your own, uniference new")
    guard let path = SearchPath.find("swift") else {
      return .missing(name, for: purpose, remedy: "install a toolchain from swift.org/install")
    }
    return .ok(name, path, for: purpose)
  }

  private static func testbeds() -> Finding {
    let (name, purpose) = ("testbeds", "testbed, calibrate, validate on this machine")
    #if os(Linux)
      do throws(TestbedError) {
        try Requirements.check()
        do throws(TestbedError) {
          try Requirements.checkRealTime()
          return .ok(name, "with real-time priority", for: purpose)
        } catch {
          return .doubtful(name, "without real-time priority", for: purpose, remedy: error.description)
        }
      } catch {
        return .missing(name, for: purpose, remedy: error.description)
      }
    #else
      return .missing(name, for: purpose, remedy: TestbedError.onlyOnLinux.description)
    #endif
  }
}
