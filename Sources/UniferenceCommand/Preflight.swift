import ArgumentParser
import ChildPrograms
import Documents
import Foundation
import PyTorchBridge
import Testbed
import Uniference

/// Looks for what a long command needs before it starts, and tells of all that is missing at once.
struct Preflight {
  /// What is missing, a line for each, in the order in which it was found out.
  private(set) var problems: [CommandFailure] = []

  /// Notes what a check finds.
  mutating func check(_ body: () throws -> Void) {
    do { try body() } catch { note(CommandFailure(error)) }
  }

  private mutating func note(_ problem: CommandFailure) {
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// - Parameter what: what cannot be run, for the beginning of the message.
  /// - Throws: all that is missing.
  func finish(_ what: String) throws(CommandFailure) {
    guard let first = problems.first else { return }
    if problems.count == 1 { throw first }
    let lines = problems.map { "\n  \($0.message)" }.joined()
    throw CommandFailure(
      "\(what) cannot be run yet; \(problems.count) things are missing or wrong:\(lines)", first.exitCode)
  }

  // MARK: Checks

  /// That there are Python, PyTorch and what scripts import.
  mutating func checkPython(_ python: PythonEnvironment, scripts: [String]) {
    let program = ChildProgram(
      [python.interpreter, "-m", "uniference.preflight"] + scripts, environment: python.moduleVariables)
    do throws(ChildFailure) {
      for line in try program.output().split(whereSeparator: \.isNewline) {
        note(CommandFailure(String(line), CommandFailure.unavailable))
      }
    } catch {
      note(
        CommandFailure(
          "\(python.interpreter) cannot run Uniference's modules (\(error.complaint)); `make torch` makes a Python that "
            + "can, or set UNIFERENCE_PYTHON to the path of one", CommandFailure.unavailable))
    }
  }

  /// That a file can be written.
  mutating func checkWritable(_ path: String) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    check {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
        throw CommandFailure(
          "\(path) cannot be written: there is no folder \(folder); make it", CommandFailure.inputOutput)
      }
      let target = FileManager.default.fileExists(atPath: path) ? path : folder
      guard FileManager.default.isWritableFile(atPath: target) else {
        throw CommandFailure(
          "\(path) cannot be written: \(target) may not be; choose another place", CommandFailure.inputOutput)
      }
    }
  }

  /// That there is room on the disk of a folder, as far as the system says.
  mutating func checkSpace(in folder: String, megabytes: Int) {
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value, free < Int64(megabytes) * 1_000_000 else {
      return
    }
    note(
      CommandFailure(
        "\(folder) has \(free / 1_000_000) MB left, and \(megabytes) MB are needed; remove something there",
        CommandFailure.inputOutput))
  }

  /// That this machine can make a testbed.
  mutating func checkTestbed(isRealTime: Bool) {
    check {
      #if os(Linux)
        try Requirements.check()
        if isRealTime { try Requirements.checkRealTime() }
      #else
        throw TestbedError.onlyOnLinux
      #endif
    }
  }

  /// That a testbed with these options can be made.
  ///
  /// - Parameters:
  ///   - options: arguments of `uniference testbed run`.
  ///   - place: where they are written, for messages.
  /// - Returns: its cluster file, but for the transport; `nil` where the options are wrong.
  mutating func checkTestbed(_ options: [String], place: String) -> String? {
    var text: String?
    check {
      let testbed: TestbedOptions
      do { testbed = try TestbedOptions.parse(options) } catch {
        throw CommandFailure("\(place): \(TestbedOptions.message(for: error))", CommandFailure.badInput)
      }
      do {
        let layout = try testbed.layout()
        text = ClusterText(layout).body
        #if os(Linux)
          if !layout.cpuShares.isEmpty { _ = try ControlGroupRoot.find() }
          if layout.delay > .zero { _ = try Requirements.delayMethod(executable: try TestbedFactory.executable()) }
        #endif
      } catch let error as TestbedError where error.kind == .request {
        throw CommandFailure("\(place): \(error.description)", CommandFailure.badInput)
      }
    }
    return text
  }

  /// That a cluster file with these settings describes a cluster.
  ///
  /// - Returns: the cluster, if it does.
  mutating func checkCluster(_ text: String, settings: [String]) -> Cluster? {
    var cluster: Cluster?
    check {
      let overrides = try settings.map { try DocumentOverride(parsing: $0) }
      cluster = try Cluster(yaml: text + ClusterText.transport("gloo-tcp"), overrides: overrides)
    }
    return cluster
  }
}
