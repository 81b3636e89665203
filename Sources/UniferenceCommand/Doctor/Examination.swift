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
    let python = Self.python()
    var findings = [Self.kernelTables(), Self.publishedCases(), python.finding]
    if let interpreter = python.interpreter {
      findings += [Self.torch(of: interpreter), Self.torchLibrary()]
    }
    findings += [Self.sharedMemory(), Self.swift(), Self.testbeds()]
    self.findings = findings
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

  private static func python() -> (finding: Finding, interpreter: String?) {
    let (name, purpose) = ("Python", "run, exec, deployment")
    do {
      let environment = try PythonEnvironment()
      let version = try ask(environment, "import platform; print(platform.python_version())")
      let found = "\(version), \(environment.interpreter)"
      guard version.compare("3.10", options: .numeric) != .orderedAscending else {
        let remedy = "Python 3.10 or later is needed; set UNIFERENCE_PYTHON to the path of one"
        return (.doubtful(name, found, for: purpose, remedy: remedy), environment.interpreter)
      }
      return (.ok(name, found, for: purpose), environment.interpreter)
    } catch let error as ChildFailure {
      return (.doubtful(name, "does not run", for: purpose, remedy: error.complaint), nil)
    } catch {
      return (.missing(name, for: purpose, remedy: "\(error)"), nil)
    }
  }

  private static func torch(of interpreter: String) -> Finding {
    let (name, purpose) = ("PyTorch", "run, exec, values of Swift programs")
    let install = "\(interpreter) -m pip install 'torch==\(testedTorch).*'"
    do {
      let version = try ask(
        try PythonEnvironment(),
        "import importlib.util, importlib.metadata as m; print(m.version('torch') if importlib.util.find_spec('torch') else '')"
      )
      if version.isEmpty { return .missing(name, for: purpose, remedy: install) }
      guard version.hasPrefix("\(testedTorch).") else {
        return .doubtful(
          name, "\(version), which has not been tested", for: purpose, remedy: "tested is \(testedTorch): \(install)")
      }
      return .ok(name, version, for: purpose)
    } catch {
      return .doubtful(name, "cannot be looked for", for: purpose, remedy: "\(error)")
    }
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

  private static func ask(_ python: PythonEnvironment, _ program: String) throws(ChildFailure) -> String {
    try ChildProgram([python.interpreter, "-c", program], environment: python.moduleVariables).output()
      .trimmingCharacters(in: .whitespacesAndNewlines)
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
