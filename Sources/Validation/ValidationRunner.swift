import ChildPrograms
import Foundation
import Uniference

/// Runs a suite: each run for real on a testbed, several times, and once in simulation.
public struct ValidationRunner {
  private let suite: ValidationSuite
  private let executable: String
  private let python: String
  private let packageFolder: String?

  /// - Parameters:
  ///   - executable: path of `uniference`.
  ///   - python: path of the interpreter that runs the scripts.
  ///   - packageFolder: the folder that holds the package `uniference`, whose host runs Swift programs; `nil` where it is
  ///     installed.
  public init(suite: ValidationSuite, executable: String, python: String, packageFolder: String? = nil) {
    self.suite = suite
    self.executable = executable
    self.python = python
    self.packageFolder = packageFolder
  }

  /// Runs what belongs to a family, or everything.
  ///
  /// - Parameter progress: is told the share that is done and what is being run.
  /// - Throws: ``ValidationFailure`` with the command that failed and its last words.
  public func run(family: String?, progress: (Double, String) -> Void) throws(ValidationFailure) -> [ValidationPoint] {
    let runs = suite.runs.filter { family == nil || $0.family == family }
    guard !runs.isEmpty else {
      let known = Set(suite.runs.map(\.family)).sorted().joined(separator: ", ")
      throw ValidationFailure("there is no family '\(family ?? "")' in \(suite.name); there are \(known)")
    }
    var points: [ValidationPoint] = []
    for (index, run) in runs.enumerated() {
      points += try self.points(of: run) { step in
        let done = Double(index) + Double(step) / Double(2 * suite.repetitions)
        progress(done / Double(runs.count), "\(run.family), \(run.bedDescription)")
      }
    }
    return points
  }

  private func points(of run: ValidationRun, step: (Int) -> Void) throws(ValidationFailure) -> [ValidationPoint] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "uniference-validation-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ValidationFailure("cannot make the folder \(folder.path): \(error.localizedDescription)")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let cluster = folder.path + "/bed.yaml"
    let recording = try run.recordedOn.map { (bed) throws(ValidationFailure) in
      try record(run, on: bed, in: folder.path)
    }
    var (real, predicted): ([[MeasuredPoint]], [[MeasuredPoint]]) = ([], [])
    // In turn, so that a machine whose speed drifts is the same one to both.
    for repetition in 0..<suite.repetitions {
      step(2 * repetition)
      real.append(try measure(realCommand(run, cluster: cluster)))
      step(2 * repetition + 1)
      predicted.append(try measure(predictionCommand(run, cluster: cluster, recording: recording)))
    }
    return try joined(run, real, predicted)
  }

  private func realCommand(_ run: ValidationRun, cluster: String) -> [String] {
    bedCommand(run.bed, cluster: cluster) + (isRealTime(run) ? ["--real-time"] : []) + ["--"]
      + (run.isProgram ? hostCommand : [python]) + [run.script] + run.arguments
  }

  /// What runs a Swift program for real.
  private var hostCommand: [String] {
    (packageFolder.map { ["env", "PYTHONPATH=\($0)"] } ?? []) + [python, "-m", "uniference.host"]
  }

  private func bedCommand(_ bed: [ValidationRun.BedOption], cluster: String) -> [String] {
    [executable, "testbed", "run"] + bed.flatMap { ["--\($0.name)", $0.value] } + ["--cluster-file", cluster]
  }

  private func predictionCommand(_ run: ValidationRun, cluster: String, recording: String?) -> [String] {
    if run.isProgram {
      return simulation(of: run, cluster: cluster) + ["--values", "--compute", "measured", run.script, "--"]
        + run.arguments
    }
    let computing = recording.map { ["--compute", "recorded", $0] } ?? []
    return simulation(of: run, cluster: cluster) + ["--no-record"] + computing + [run.script] + run.arguments
  }

  /// Records what a run's ranks compute, in a simulation of another bed.
  ///
  /// - Returns: the record's path.
  private func record(_ run: ValidationRun, on bed: [ValidationRun.BedOption], in folder: String)
    throws(ValidationFailure) -> String
  {
    let (cluster, record) = (folder + "/other-bed.yaml", folder + "/recorded.run")
    _ = try output(of: bedCommand(bed, cluster: cluster) + ["--", "true"])
    let command = simulation(of: run, cluster: cluster) + ["--record", record, run.script] + run.arguments
    _ = try output(of: command)
    return record
  }

  private func simulation(of run: ValidationRun, cluster: String) -> [String] {
    (isRealTime(run) ? Self.realTime : []) + [
      executable, run.isProgram ? "simulate" : "run", "-n", "\(run.hostCount)", "--cluster", cluster,
    ]
      + ((run.transport ?? suite.transport).map { ["--set", "network.transport=\($0)"] } ?? [])
      + (run.predictionOptions ?? suite.predictionOptions)
  }

  private func isRealTime(_ run: ValidationRun) -> Bool { run.isRealTime ?? suite.isRealTime }

  /// What lets a simulation run before everything that has no real-time priority, too, since it measures computing.
  private static let realTime = ["/usr/bin/env", "chrt", "--fifo", "10"]

  private func joined(_ run: ValidationRun, _ real: [[MeasuredPoint]], _ predicted: [[MeasuredPoint]])
    throws(ValidationFailure) -> [ValidationPoint]
  {
    try predicted[0].enumerated().map { (index, point) throws(ValidationFailure) in
      let rows = (real + predicted).map { $0.dropFirst(index).first }
      guard rows.allSatisfy({ $0?.point == point.point && $0?.bytes == point.bytes }) else {
        throw ValidationFailure(
          "\(run.script) printed other points in one run than in another: \(point.point) is number \(index) of one")
      }
      let samples = rows.compactMap { $0?.samples_s }
      return ValidationPoint(
        family: run.family, name: "\(point.point), \(run.bedDescription)", bytes: point.bytes,
        repetitions: Array(samples.prefix(real.count)), predicted: samples.dropFirst(real.count).flatMap(\.self))
    }
  }

  private func output(of command: [String]) throws(ValidationFailure) -> String {
    do { return try ChildProgram(command).output() } catch { throw ValidationFailure(error.description) }
  }

  private func measure(_ command: [String]) throws(ValidationFailure) -> [MeasuredPoint] {
    let output = try output(of: command)
    let points = MeasuredPoint.points(in: output)
    guard !points.isEmpty else {
      throw ValidationFailure("'\(command.joined(separator: " "))' has printed no point")
    }
    return points
  }
}

/// Why a suite could not be run.
public struct ValidationFailure: Error, CustomStringConvertible, Hashable, Sendable {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}
