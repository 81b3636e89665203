import Foundation
import Uniference

/// Runs a suite: each run for real on a testbed, several times, and once in simulation.
public struct ValidationRunner {
  private let suite: ValidationSuite
  private let executable: String
  private let python: String

  /// - Parameters:
  ///   - executable: path of `uniference`.
  ///   - python: path of the interpreter that runs the scripts.
  public init(suite: ValidationSuite, executable: String, python: String) {
    self.suite = suite
    self.executable = executable
    self.python = python
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
        let done = Double(index) + Double(step) / Double(suite.repetitions + 1)
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
    var repetitions: [[MeasuredPoint]] = []
    for repetition in 0..<suite.repetitions {
      step(repetition)
      repetitions.append(try measure(realCommand(run, cluster: cluster)))
    }
    step(suite.repetitions)
    let predicted = try measure(predictionCommand(run, cluster: cluster))
    return try joined(run, repetitions, predicted)
  }

  private func realCommand(_ run: ValidationRun, cluster: String) -> [String] {
    [executable, "testbed", "run"] + run.bed.flatMap { ["--\($0.name)", $0.value] }
      + ["--cluster-file", cluster, "--", python, run.script] + run.arguments
  }

  private func predictionCommand(_ run: ValidationRun, cluster: String) -> [String] {
    [executable, "run", "-n", "\(run.hostCount)", "--cluster", cluster, "--no-record"]
      + (suite.transport.map { ["--set", "network.transport=\($0)"] } ?? []) + run.predictionOptions + [run.script]
      + run.arguments
  }

  private func joined(_ run: ValidationRun, _ repetitions: [[MeasuredPoint]], _ predicted: [MeasuredPoint])
    throws(ValidationFailure) -> [ValidationPoint]
  {
    try predicted.enumerated().map { (index, point) throws(ValidationFailure) in
      let real = repetitions.map { $0.dropFirst(index).first }
      guard real.allSatisfy({ $0?.point == point.point && $0?.bytes == point.bytes }) else {
        throw ValidationFailure(
          "\(run.script) printed other points for real than in simulation: \(point.point) is number \(index) of one")
      }
      return ValidationPoint(
        family: run.family, name: "\(point.point), \(run.bedDescription)", bytes: point.bytes,
        repetitions: real.compactMap { $0?.samples_s }, predicted: point.samples_s)
    }
  }

  private func measure(_ command: [String]) throws(ValidationFailure) -> [MeasuredPoint] {
    let output = try CapturedCommand(command).run()
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
