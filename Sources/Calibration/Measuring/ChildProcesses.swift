import Foundation

/// Programs that run at the same time, with this program's own standard output and error.
struct ChildProcesses {
  private let commands: [[String]]
  private let environment: [String: String]

  /// - Parameter environment: all variables that they get.
  init(_ commands: [[String]], environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.commands = commands
    self.environment = environment
  }

  /// Runs them to their ends. When one fails, those that still run are told to end.
  ///
  /// - Returns: the position and exit code of the first that has failed; `nil` when none has.
  func run() throws(CalibrationFailure) -> (index: Int, code: Int32)? {
    let ended = DispatchSemaphore(value: 0)
    var processes: [Process] = []
    defer { for process in processes where process.isRunning { process.terminate() } }
    for command in commands {
      let process = Self.process(command, environment)
      process.terminationHandler = { _ in ended.signal() }
      do { try process.run() } catch {
        throw CalibrationFailure("cannot start '\(command[0])': \(error.localizedDescription)")
      }
      processes.append(process)
    }
    for _ in processes {
      ended.wait()
      let failed = processes.firstIndex { !$0.isRunning && $0.terminationStatus != 0 }
      if let failed { return (failed, processes[failed].terminationStatus) }
    }
    return nil
  }

  /// Runs one program and returns what it has written to standard output, or the last line of its complaints.
  static func output(of command: [String]) -> (text: String, complaint: String?) {
    let process = process(command, ProcessInfo.processInfo.environment)
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    do { try process.run() } catch { return ("", error.localizedDescription) }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus != 0 else { return (text, nil) }
    return (
      text, said.split(whereSeparator: \.isNewline).last.map(String.init) ?? "exit code \(process.terminationStatus)"
    )
  }

  private static func process(_ command: [String], _ environment: [String: String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = environment
    return process
  }
}
