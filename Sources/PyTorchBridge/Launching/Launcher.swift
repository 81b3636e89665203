import Foundation
import Synchronization

/// The Python process that imports torch once and forks the ranks, and the connections that come of it.
final class Launcher {
  let folder: SessionFolder
  private let process = Process()
  private let arrivals = Arrivals()
  private let greeter: Greeter

  /// What the launcher reads of its task.
  private struct Task: Encodable {
    let ranks: Int
    let script: String
    let is_module: Bool
    let arguments: [String]
  }

  /// Starts the process; ``connect()`` waits for it.
  init(_ options: ScriptOptions, rankCount: Int, python: PythonEnvironment) throws {
    folder = try SessionFolder()
    do {
      let arrivals = arrivals
      greeter = try Greeter(folder: folder) { arrivals.add($0, $1) }
      let task = Task(
        ranks: rankCount, script: options.script, is_module: options.isModule, arguments: options.arguments)
      try folder.write([UInt8](JSONEncoder().encode(task)), to: "task.json")
      process.executableURL = URL(fileURLWithPath: python.interpreter)
      process.arguments = ["-m", "uniference.launcher"]
      process.environment = python.variables(for: folder, startHook: false)
      try process.run()
    } catch {
      folder.remove()
      throw error
    }
  }

  /// Waits until torch has been imported.
  ///
  /// - Throws: ``LauncherExit`` when the process ends instead; it has said why.
  func connect(interruption: () -> Bool) throws -> LauncherLink {
    while !interruption() {
      if let link = arrivals.takeLauncher() { return link }
      guard process.isRunning else { throw LauncherExit(status: process.terminationStatus) }
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
      if let (rank, status) = control.exitStatuses.min(by: { $0.key < $1.key }) {
        throw LaunchError("rank \(rank) ended with \(describe(exitStatus: status)) before it had joined the run")
      }
      guard process.isRunning else { throw LauncherExit(status: process.terminationStatus) }
      usleep(1000)
    }
    throw CancellationError()
  }

  /// Ends everything that is left, and removes the session's folder.
  func shutDown(_ control: LauncherLink?) {
    greeter.stop()
    control?.takeIn(until: { !process.isRunning }, patience: .seconds(2))
    if process.isRunning {
      control?.terminate(signal: SIGTERM)
      control?.takeIn(until: { !process.isRunning }, patience: .seconds(1))
    }
    if process.isRunning {
      control?.terminate(signal: SIGKILL)
      control?.takeIn(until: { !process.isRunning }, patience: .seconds(1))
    }
    if process.isRunning {
      for pid in control.map({ Array($0.pids.values) }) ?? [] { kill(pid, SIGKILL) }
      kill(process.processIdentifier, SIGKILL)
    }
    process.waitUntilExit()
    folder.remove()
  }
}

/// The launcher has ended before there were ranks, having said why.
public struct LauncherExit: Error, Sendable {
  /// Its exit code.
  public let status: Int32
}

/// `exit code 3`, or `signal 9`.
func describe(exitStatus: Int32) -> String {
  exitStatus < 0 ? "signal \(-exitStatus)" : "exit code \(exitStatus)"
}

/// Connections that the greeter has accepted and nobody has taken yet.
private final class Arrivals: Sendable {
  private struct Waiting {
    var launcher: LauncherLink?
    var ranks: [Int: RankLink] = [:]
    var count: UInt32 = 0
    var isComplete = false
  }

  private let waiting = Mutex(Waiting())

  func add(_ connection: Connection, _ greeting: Greeting) {
    waiting.withLock { waiting in
      if greeting.world == "launcher", waiting.launcher == nil {
        waiting.launcher = LauncherLink(connection: connection, torchVersion: greeting.torchVersion)
      } else if greeting.world == "main", let rank = greeting.rank, waiting.ranks[rank] == nil, !waiting.isComplete {
        waiting.ranks[rank] = RankLink(
          number: waiting.count, rank: rank, pid: greeting.pid, connection: connection)
        waiting.count += 1
      } else {
        connection.shutDown()
      }
    }
  }

  func takeLauncher() -> LauncherLink? { waiting.withLock { $0.launcher } }

  func takeRanks(_ count: Int) -> [RankLink]? {
    waiting.withLock { waiting in
      let links = (0..<count).compactMap { waiting.ranks[$0] }
      guard links.count == count else { return nil }
      waiting.isComplete = true
      waiting.ranks = [:]
      return links
    }
  }
}
