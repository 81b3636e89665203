import Calibration
import ChildPrograms
import Foundation
import PyTorchBridge
import Quantities
import Results
import Uniference
import Validation

/// Calibrates what a suite is predicted with: one testbed for each number of hosts, on this machine.
///
/// Calibrations are kept by machine, version of PyTorch and testbed, and are not repeated.
struct SuiteCalibration {
  let executable: String
  let python: PythonEnvironment
  /// Where calibrations of this machine are kept.
  private let folder: String

  /// What takes longer than a few seconds a measurement is left out: validation has no payloads of that size.
  private static let effort = ["--sections", "messages", "collectives", "--seconds", "0.7", "--patience", "6"]
  /// The largest payload that is measured, in bytes. Rates do not change beyond it.
  private static let largestPayload = 16 << 20

  /// - Throws: when Python cannot say which PyTorch it has.
  init(executable: String, python: PythonEnvironment) throws {
    self.executable = executable
    self.python = python
    let version = try Self.torchVersion(of: python)
    folder = Self.cacheFolder + "/" + Self.fileName("\(MachineDescription.identity), torch \(version)")
  }

  /// Testbeds to calibrate: for each number of hosts the fastest links that the suite has.
  static func testbeds(of runs: [ValidationRun], isRealTime: (ValidationRun) -> Bool) -> [SuiteTestbed] {
    Dictionary(grouping: runs, by: \.hostCount).sorted { $0.key < $1.key }.map { hosts, runs in
      let rates = runs.compactMap { run in run.testbed.last { $0.name == "rate" }?.value }
      let fastest = rates.compactMap { text in (try? Bandwidth(parsing: text)).map { (text, $0.bytesPerSecond) } }
        .max { $0.1 < $1.1 }
      return SuiteTestbed(hosts: hosts, rate: fastest?.0 ?? "1 Gbps", isRealTime: runs.contains(where: isRealTime))
    }
  }

  /// Calibrates the testbeds, or finds what has been kept.
  ///
  /// - Parameter progress: is told what is about to be measured.
  func transports(
    for testbeds: [SuiteTestbed], progress: (_ index: Int, SuiteTestbed) -> Void
  ) throws -> [Int: CalibratedTransport] {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch { throw FileError(error, operation: "make", path: folder) }
    var transports: [Int: CalibratedTransport] = [:]
    for (index, testbed) in testbeds.enumerated() {
      let files = CalibrationFiles(base: folder + "/" + Self.fileName(testbed.options))
      if !files.areComplete {
        progress(index, testbed)
        try calibrate(testbed, files)
      }
      transports[testbed.hosts] = try files.transport()
    }
    return transports
  }

  private func calibrate(_ testbed: SuiteTestbed, _ files: CalibrationFiles) throws {
    let command = try MeasuringCommand.testbed(
      testbed.options, output: files.measurements, executable: executable, python: python.interpreter,
      arguments: Self.effort + ["--largest", "\(Self.largestPayload)"])
    try MeasuringRun.run(command, environment: python.moduleVariables, output: files.measurements)
    let calibration = try Calibration(fitting: [Measurements(contentsOf: files.measurements)]) { _ in }
    try files.write(calibration, name: "testbed of \(testbed.hosts)")
  }

  /// `$XDG_CACHE_HOME/uniference/calibrations`, or the same in `~/.cache`.
  private static var cacheFolder: String {
    let named = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
    return (named ?? NSHomeDirectory() + "/.cache") + "/uniference/calibrations"
  }

  private static func torchVersion(of python: PythonEnvironment) throws -> String {
    let script = "import importlib.metadata; print(importlib.metadata.version('torch'))"
    return try ChildProgram([python.interpreter, "-c", script]).output().trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func fileName(_ text: String) -> String {
    String(text.map { $0.isLetter || $0.isNumber || "-.+".contains($0) ? $0 : "-" })
  }
}

/// A testbed that is calibrated for a suite.
struct SuiteTestbed: Hashable {
  let hosts: Int
  let rate: String
  let isRealTime: Bool

  /// As `calibrate --testbed` takes them.
  var options: String { "hosts: \(hosts), rate: \(rate), real-time: \(isRealTime)" }
}

/// The files of one calibration.
private struct CalibrationFiles {
  let base: String

  var measurements: String { base + ".measurements.json" }
  private var cluster: String { base + ".yaml" }

  var areComplete: Bool { FileManager.default.fileExists(atPath: cluster) }

  func write(_ calibration: Calibration, name: String) throws {
    try TextFile.write(ClusterDocument(calibration, name: name).text, to: cluster)
  }

  func transport() throws -> CalibratedTransport {
    do { return try CalibratedTransport.read(fromClusterFile: cluster).transport } catch {
      throw CommandFailure("\(error); remove it, so that it is measured again", CommandFailure.badInput)
    }
  }
}

extension CalibratedTransport {
  /// Reads a cluster file that `calibrate` has written.
  ///
  /// - Returns: the transport, and how many hosts it was measured on.
  static func read(fromClusterFile path: String) throws -> (hosts: Int, transport: CalibratedTransport) {
    let cluster = try Cluster(contentsOf: path)
    guard case .singleSwitch(let link, _, _) = cluster.network.topology else {
      throw CommandFailure("\(path) is no calibration of a testbed: its topology is no switch", CommandFailure.badInput)
    }
    let transport = CalibratedTransport(path: path, latency: .picoseconds(link.latencyPicoseconds))
    return (cluster.devices.count, transport)
  }
}
