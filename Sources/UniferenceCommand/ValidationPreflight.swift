import Foundation
import LibTorch
import PyTorchBridge
import Uniference
import Validation

/// What a validation needs, looked for before it starts.
struct ValidationPreflight {
  let suite: String
  let runner: ValidationRunner
  let runs: [ValidationRun]
  let python: PythonEnvironment
  let executable: String
  /// Files that will be written.
  let outputs: [String]

  private static let megabytes = 300

  /// - Returns: what a person should know of transports that were calibrated elsewhere, a line for each machine.
  /// - Throws: all that is missing.
  func check() throws -> [String] {
    var preflight = Preflight()
    var machines: Set<String> = []
    for run in runs { preflight.check { try run.checkScript() } }
    preflight.checkPython(python, scripts: scripts)
    if runs.contains(where: \.isProgram) { checkPrograms(&preflight) }
    preflight.checkTestbed(isRealTime: runs.contains(where: runner.isRealTime))
    for run in runs { check(run, &preflight, &machines) }
    outputs.forEach { preflight.checkWritable($0) }
    preflight.checkSpace(in: FileManager.default.temporaryDirectory.path, megabytes: Self.megabytes)
    try preflight.finish(suite)
    return machines.subtracting([MachineDescription.identity]).sorted().map { machine in
      """
      the transports were calibrated on another machine (\(machine)) than this one (\(MachineDescription.identity)), so \
      that predictions may be less accurate; --calibrate fits them to this machine
      """
    }
  }

  /// Those that are there; the others have been told of.
  private var scripts: [String] {
    Set(runs.filter { !$0.isProgram && FileManager.default.isReadableFile(atPath: $0.script) }.map(\.script)).sorted()
  }

  private func checkPrograms(_ preflight: inout Preflight) {
    preflight.check { _ = try TorchLibrary() }
    preflight.check {
      let host = ProgramLibraryLaunch.hostPath
      guard FileManager.default.isExecutableFile(atPath: host) else {
        throw CommandFailure(
          "\(host), which runs Swift programs, is not there; build it by: swift build --configuration release --product "
            + "uniference-program-host", CommandFailure.unavailable)
      }
    }
  }

  private func check(_ run: ValidationRun, _ preflight: inout Preflight, _ machines: inout Set<String>) {
    for testbed in [run.testbed, run.recordedOn].compactMap(\.self) {
      let words = testbed.flatMap(\.words)
      if let text = preflight.checkTestbed(words, place: run.place), testbed == run.testbed {
        let cluster = preflight.checkCluster(text, settings: runner.settings(of: run))
        if let machine = cluster?.network.transportMachine { machines.insert(machine) }
      }
    }
    guard let arguments = runner.runArguments(of: run, cluster: "cluster.yaml") else { return }
    preflight.check {
      do { _ = try RunCommand.parse(arguments) } catch {
        throw CommandFailure("\(run.place): predict: \(RunCommand.message(for: error))", CommandFailure.badInput)
      }
    }
  }
}
