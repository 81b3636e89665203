import ChildPrograms
import Foundation
import Inputs
import Uniference

/// Runs a suite: each run for real on a testbed, several times, and once in simulation.
public struct ValidationRunner {
  private let suite: ValidationSuite
  private let executable: String
  private let python: String
  private let packageFolder: String?
  /// Transports that were calibrated on this machine, by number of hosts. They come before those that the suite names.
  public var calibrated: [Int: CalibratedTransport] = [:]

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

  /// The runs of a family, or all.
  ///
  /// - Throws: for a family that there is not.
  public func runs(of family: String?) throws(ValidationFailure) -> [ValidationRun] {
    let runs = suite.runs.filter { family == nil || $0.family == family }
    guard !runs.isEmpty else {
      let known = Set(suite.runs.map(\.family)).sorted().joined(separator: ", ")
      throw ValidationFailure("there is no family '\(family ?? "")' in \(suite.name); there are \(known)")
    }
    return runs
  }

  /// Measures and predicts what the journal does not hold yet.
  ///
  /// - Parameters:
  ///   - runs: of ``runs(of:)``.
  ///   - journal: keeps each repetition as soon as it has ended.
  ///   - progress: is told what comes next, before each side of each repetition.
  /// - Throws: ``ValidationFailure`` with the command that failed and its last words.
  public func run(
    _ runs: [ValidationRun], journal: inout ValidationJournal, progress: (ValidationStep) -> Void
  ) throws(ValidationFailure) {
    let sides = 2 * suite.repetitions
    var time = RemainingTime(
      runs: runs.map { ($0.family, Array(journal.entry(of: identity(of: $0)).seconds.prefix(suite.repetitions))) },
      repetitions: suite.repetitions)
    for (index, run) in runs.enumerated() where journal.entry(of: identity(of: run)).repetitions < suite.repetitions {
      try measure(run, &journal) { side in
        progress(
          ValidationStep(
            run: index, runCount: runs.count,
            share: (Double(index) + Double(side) / Double(sides)) / Double(runs.count),
            secondsLeft: time.seconds, description: "\(run.family), \(run.testbedDescription)"))
      } ended: {
        time.ended(run: index, after: $0)
      }
    }
  }

  /// The points of all runs of which the journal holds a repetition at least.
  public func points(of runs: [ValidationRun], in journal: ValidationJournal) throws(ValidationFailure)
    -> [ValidationPoint]
  {
    var points: [ValidationPoint] = []
    for run in runs {
      let entry = journal.entry(of: identity(of: run))
      if entry.repetitions > 0 { points += try joined(run, entry.real, entry.predicted) }
    }
    return points
  }

  /// How many of the runs have been measured in full.
  public func measuredCount(of runs: [ValidationRun], in journal: ValidationJournal) -> Int {
    runs.count { journal.entry(of: identity(of: $0)).repetitions >= suite.repetitions }
  }

  /// What is run and how, but for where programs lie.
  private func identity(of run: ValidationRun) -> String {
    let testbeds = [run.testbed, run.recordedOn ?? []].map {
      $0.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
    }
    let words = simulation(of: run, cluster: "").drop { $0 != "--cluster" }
    return ([run.family, run.script] + run.arguments + testbeds + words + (isRealTime(run) ? ["real-time"] : []))
      .joined(separator: " | ")
  }

  private func measure(
    _ run: ValidationRun, _ journal: inout ValidationJournal, step: (Int) -> Void, ended: (Double) -> Void
  ) throws(ValidationFailure) {
    let folder = try Self.makeFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let cluster = folder.path + "/testbed.yaml"
    var entry = journal.entry(of: identity(of: run))
    step(2 * entry.repetitions)
    let recording = try run.recordedOn.map { (testbed) throws(ValidationFailure) in
      try record(run, on: testbed, in: folder.path)
    }
    // In turn, so that a machine whose speed drifts is the same one to both.
    for repetition in entry.repetitions..<suite.repetitions {
      let start = ContinuousClock.now
      step(2 * repetition)
      let real = try measure(realCommand(run, cluster: cluster))
      step(2 * repetition + 1)
      let predicted = try measure(predictionCommand(run, cluster: cluster, recording: recording))
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      entry.real.append(real)
      entry.predicted.append(predicted)
      entry.seconds.append(seconds)
      try journal.set(entry, of: identity(of: run))
      ended(seconds)
    }
  }

  /// What a run's script prints in simulation, on the cluster that describes its testbed.
  func predictions(of run: ValidationRun) throws(ValidationFailure) -> [MeasuredPoint] {
    let folder = try Self.makeFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let cluster = folder.path + "/testbed.yaml"
    let recording = try run.recordedOn.map { (testbed) throws(ValidationFailure) in
      try record(run, on: testbed, in: folder.path)
    }
    try describe(run.testbed, in: cluster)
    return try measure(predictionCommand(run, cluster: cluster, recording: recording))
  }

  private static func makeFolder() throws(ValidationFailure) -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "uniference-validation-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw ValidationFailure("cannot make the folder \(folder.path): \(error.localizedDescription)")
    }
    return folder
  }

  /// Writes the cluster file of a testbed.
  private func describe(_ testbed: [TestbedOption], in cluster: String) throws(ValidationFailure) {
    _ = try output(of: testbedCommand(testbed, cluster: cluster) + ["--", "true"])
  }

  private func realCommand(_ run: ValidationRun, cluster: String) -> [String] {
    testbedCommand(run.testbed, cluster: cluster) + (isRealTime(run) ? ["--real-time"] : []) + ["--"]
      + (run.isProgram ? hostCommand : [python]) + [run.script] + run.arguments
  }

  /// What runs a Swift program for real.
  private var hostCommand: [String] {
    (packageFolder.map { ["env", "PYTHONPATH=\($0)"] } ?? []) + [python, "-m", "uniference.host"]
  }

  private func testbedCommand(_ testbed: [TestbedOption], cluster: String) -> [String] {
    [executable, "testbed", "run"] + testbed.flatMap(\.words) + ["--cluster-file", cluster]
  }

  /// The settings of the cluster (`field=value`) with which a run is predicted.
  public func settings(of run: ValidationRun) -> [String] {
    let words = simulation(of: run, cluster: "")
    return words.indices.dropLast().filter { words[$0] == "--set" }.map { words[$0 + 1] }
  }

  /// Arguments of `uniference run` by which a script is predicted; `nil` for a Swift program.
  public func runArguments(of run: ValidationRun, cluster: String) -> [String]? {
    if run.isProgram { return nil }
    let command = predictionCommand(run, cluster: cluster, recording: nil)
    return command.firstIndex(of: "run").map { Array(command[($0 + 1)...]) }
  }

  private func predictionCommand(_ run: ValidationRun, cluster: String, recording: String?) -> [String] {
    if run.isProgram {
      return simulation(of: run, cluster: cluster) + ["--values", "--compute", "measured", run.script, "--"]
        + run.arguments
    }
    let computing = recording.map { ["--compute", "recorded", $0] } ?? []
    return simulation(of: run, cluster: cluster) + ["--no-record"] + computing + [run.script] + run.arguments
  }

  /// Records what a run's ranks compute, in a simulation of another testbed.
  ///
  /// - Returns: the record's path.
  private func record(_ run: ValidationRun, on testbed: [TestbedOption], in folder: String)
    throws(ValidationFailure) -> String
  {
    let (cluster, record) = (folder + "/other-testbed.yaml", folder + "/recorded.run")
    try describe(testbed, in: cluster)
    let command = simulation(of: run, cluster: cluster) + ["--record", record, run.script] + run.arguments
    _ = try output(of: command)
    return record
  }

  private func simulation(of run: ValidationRun, cluster: String) -> [String] {
    (isRealTime(run) ? Self.realTime : []) + [
      executable, run.isProgram ? "simulate" : "run", "-n", "\(run.hostCount)", "--cluster", cluster,
    ]
      + (transport(of: run).map { ["--set", "network.transport=\($0)"] } ?? [])
      + (run.predictionOptions ?? suite.predictionOptions)
      + (calibrated[run.hostCount].map { ["--set", "network.link.latency=\($0.latency.picoseconds) ps"] } ?? [])
  }

  private func transport(of run: ValidationRun) -> String? {
    calibrated[run.hostCount]?.path ?? run.transport ?? suite.transport
  }

  /// Whether a run's scripts come before everything else on this machine.
  public func isRealTime(_ run: ValidationRun) -> Bool { run.isRealTime ?? suite.isRealTime }

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
        family: run.family, name: "\(point.point), \(run.testbedDescription)", bytes: point.bytes,
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
public struct ValidationFailure: Error, CustomStringConvertible, Hashable, Sendable, QuotingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description }
}
