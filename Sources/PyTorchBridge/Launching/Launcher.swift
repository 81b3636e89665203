import ChildPrograms
import Foundation
import Inputs

/// The Python process that imports torch once and forks the ranks, and the connections that come of it.
final class Launcher {
  let folder: SessionFolder
  private let process: GuardedProcess
  private let arrivals = Arrivals()
  private let greeter: Greeter
  private let interpreter: String
  private let start = ContinuousClock.now

  /// What the launcher reads of its task.
  private struct Task: Encodable {
    let ranks: Int
    let script: String
    let is_module: Bool
    let gpu: DescribedGPUs?
    let is_fake: Bool
  }

  /// How long a Python may take until it runs the first line of the package.
  private static let startPatience = Duration.seconds(60)
  /// How long ranks may take to end after their scripts have.
  private static let endPatience = Duration.seconds(10)

  /// Starts the process; ``connect(interruption:)`` waits for it.
  ///
  /// - Parameter removedPrefixes: what is removed if this process is killed: files and folders whose paths begin so.
  init(
    _ options: ScriptOptions, rankCount: Int, gpus: DescribedGPUs?, python: PythonEnvironment, removedPrefixes: [String]
  ) throws {
    interpreter = python.interpreter
    let path = SessionFolder.newPath()
    // As torchrun starts a rank; the package's hook makes it the launcher before it comes to the script.
    var command = GuardedCommand(
      [interpreter, "-u"] + (options.isModule ? ["-m"] : []) + [options.script] + options.arguments)
    command.environment = python.variables(forSessionIn: path)
    command.environment["UNIFERENCE_LAUNCH"] = "1"
    if options.refusesStandIns { command.environment["UNIFERENCE_STRICT_FAKE"] = "1" }
    command.hasOwnSession = true
    command.leftovers = .endedAfterFailure
    command.removedPrefixes = removedPrefixes + [path]
    let process = try GuardedProcess(command)
    self.process = process
    do { folder = try SessionFolder(path: path) } catch {
      process.endAll()
      throw error
    }
    do {
      let arrivals = arrivals
      greeter = try Greeter(folder: folder) { arrivals.add($0, $1) }
      let task = Task(
        ranks: rankCount, script: options.script, is_module: options.isModule, gpu: gpus,
        is_fake: options.usesFakeTensors)
      try folder.write([UInt8](JSONEncoder().encode(task)), to: Self.taskName)
      process.start()
    } catch {
      process.endAll()
      folder.remove()
      throw error
    }
  }

  /// Ranks that have joined once more since this was last called.
  ///
  /// Also looks after the guardian: what a killed one leaves behind is ended, so that the launcher's connection closes.
  func takeReturns() -> [Arrivals.Return] {
    _ = process.isRunning
    return arrivals.takeReturns()
  }

  /// Waits until torch has been imported.
  ///
  /// - Throws: ``LauncherExit`` when the process ends instead, having said why; ``LaunchError`` when it is no Python.
  func connect(interruption: () -> Bool) throws -> LauncherLink {
    while !interruption() {
      if let link = arrivals.takeLauncher() { return link }
      if let code = process.exitCode { throw failure(exitCode: code) }
      if ContinuousClock.now - start > Self.startPatience, isTaskUntouched {
        throw LaunchError("'\(interpreter)' has not run a line of Python in a minute; \(Self.advice)")
      }
      usleep(2000)
    }
    throw CancellationError()
  }

  /// Has the ranks forked, and waits until all have connected.
  func startRanks(_ count: Int, _ control: LauncherLink, interruption: () -> Bool) throws -> [RankLink] {
    control.start()
    while !interruption() {
      if let links = arrivals.takeRanks(count) { return links }
      control.takeIn()
      if let lost = control.lostOutput { throw LostOutput(description: lost) }
      if let (rank, status) = control.exitStatuses.min(by: { $0.key < $1.key }) {
        throw LaunchError("rank \(rank) ended with \(describe(exitStatus: status)) before it had joined the run")
      }
      if let code = process.exitCode { throw failure(exitCode: code) }
      usleep(1000)
    }
    throw CancellationError()
  }

  /// Lets ranks end whose scripts have, ends what is left, lets what they have printed reach its reader, and removes the
  /// session's folder.
  ///
  /// - Parameter isInGoodOrder: whether all scripts have ended; if not, nobody is waited for.
  /// - Throws: ``LostOutput`` when what ranks have printed could not be written.
  func shutDown(_ control: LauncherLink?, isInGoodOrder: Bool, interruption: () -> Bool) throws {
    greeter.stop()
    defer { folder.remove() }
    if let control {
      let haveEnded = { !self.process.isRunning || control.exitStatuses.count == control.pids.count }
      // Of a failure, ranks have been told, and may say so.
      let patience = isInGoodOrder ? Self.endPatience : .seconds(2)
      control.takeIn(until: { haveEnded() || interruption() }, patience: patience)
      if !haveEnded() {
        control.terminate(signal: SIGTERM)
        control.takeIn(until: haveEnded, patience: .seconds(3))
      }
      if !haveEnded() {
        control.terminate(signal: SIGKILL)
        control.takeIn(until: haveEnded, patience: .seconds(2))
      }
      // Whoever reads the output may take as long as he likes, unless the run is to end.
      let wasInterrupted = interruption()
      control.takeIn(
        until: { !self.process.isRunning || (interruption() && !wasInterrupted) },
        patience: wasInterrupted ? .seconds(2) : .seconds(Int.max / 2))
    }
    process.endAll()
    if let lost = control?.lostOutput { throw LostOutput(description: lost) }
  }

  private static let taskName = "task.json"

  /// The launcher takes its task away with its first lines.
  private var isTaskUntouched: Bool { access("\(folder.path)/\(Self.taskName)", F_OK) == 0 }

  private func failure(exitCode: Int32) -> any Error {
    if exitCode == LauncherExit.explained { return LauncherExit(status: exitCode) }
    let isKilled = exitCode > 128
    if isTaskUntouched && !isKilled {
      return LaunchError("'\(interpreter)' ended with exit code \(exitCode) without running Python; \(Self.advice)")
    }
    return ScriptRunFailure(
      description: "\(interpreter), which was to start the ranks, ended with exit code \(exitCode) before it had",
      exitCode: isKilled ? exitCode : EX_SOFTWARE, isInterruption: false)
  }

  private static let advice = "set UNIFERENCE_PYTHON to the path of a Python that has torch"
}

/// The launcher has ended before there were ranks, having said why.
public struct LauncherExit: Error, Sendable {
  /// The exit code by which it tells that it has.
  static let explained: Int32 = 65

  /// Its exit code.
  public let status: Int32
}

/// What ranks have printed could not be passed on.
public struct LostOutput: Error, Sendable, CustomStringConvertible, UserFacingError {
  /// One line.
  public let description: String

  /// `EX_IOERR`.
  package var exitCode: Int32 { EX_IOERR }
}

/// `exit code 3`, or `signal 9`.
func describe(exitStatus: Int32) -> String {
  exitStatus < 0 ? "signal \(-exitStatus)" : "exit code \(exitStatus)"
}
