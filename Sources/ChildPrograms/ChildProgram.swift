import Foundation
import Synchronization

/// A program that this one runs and waits for. When this one is told to end, so is the other, and first; when this one
/// is killed, so is the other.
public struct ChildProgram {
  private let words: [String]
  private let environment: [String: String]

  /// - Parameters:
  ///   - words: the program, looked for on the path, and its arguments.
  ///   - environment: all variables that it gets.
  public init(_ words: [String], environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.words = words
    self.environment = environment
  }

  /// Runs it to its end, without input.
  ///
  /// - Returns: what it has written to standard output.
  /// - Throws: when it cannot be started or fails, with the last line that it wrote to standard error.
  public func output() throws(ChildFailure) -> String {
    let (output, errors) = (try pipe(), try pipe())
    let process = try start([STDOUT_FILENO: output.writeEnd, STDERR_FILENO: errors.writeEnd])
    close(output.writeEnd)
    close(errors.writeEnd)
    // Both pipes are emptied at the same time, so that neither fills up while the other is read.
    let complaints = CollectedBytes()
    let reader = Thread { complaints.fill(from: errors.readEnd) }
    reader.start()
    let (text, code) = Self.forwardingSignals(to: [process]) {
      let text = CollectedBytes()
      text.fill(from: output.readEnd)
      return (text.text, process.wait())
    }
    guard code == 0 else {
      let last = complaints.text.split(whereSeparator: \.isNewline).last.map(String.init)
      throw ChildFailure(words: words, reason: .failed(code: code, lastWords: last))
    }
    return text
  }

  /// Runs several at the same time, with this program's own standard output and error, to their ends. When one fails,
  /// those that still run are told to end.
  ///
  /// - Returns: the position and exit code of the first that has failed; `nil` when none has.
  public static func run(_ programs: [ChildProgram]) throws(ChildFailure) -> (index: Int, code: Int32)? {
    var processes: [GuardedProcess] = []
    defer { for process in processes where process.isRunning { process.endAll() } }
    for program in programs { processes.append(try program.start([:])) }
    return forwardingSignals(to: processes) {
      while true {
        let codes = processes.map(\.exitCode)
        if let failed = codes.firstIndex(where: { $0 != nil && $0 != 0 }), let code = codes[failed] {
          return (failed, code)
        }
        if codes.allSatisfy({ $0 == 0 }) { return nil }
        usleep(20_000)
      }
    }
  }

  private func start(_ files: [Int32: Int32]) throws(ChildFailure) -> GuardedProcess {
    var command = GuardedCommand(words)
    command.environment = environment
    command.files = files
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(nothing) }
    command.files[STDIN_FILENO] = nothing
    do throws(SpawnFailure) {
      let process = try GuardedProcess(command)
      process.start()
      return process
    } catch {
      throw ChildFailure(words: words, reason: .notStarted(error.description))
    }
  }

  private func pipe() throws(ChildFailure) -> DescriptorPipe {
    do throws(SpawnFailure) { return try DescriptorPipe() } catch {
      throw ChildFailure(words: words, reason: .notStarted(error.description))
    }
  }

  /// Does something while programs run. A signal to end is passed on to them, and takes effect here once `body` has
  /// ended, which is when they have.
  ///
  /// Ctrl-C reaches children without this, as a terminal signals all processes of a command. `kill`, a closed connection
  /// and a job's time limit tell this process alone, whose children would otherwise go on for as long as they like.
  private static func forwardingSignals<Result>(to processes: [GuardedProcess], _ body: () -> Result) -> Result {
    let received = Mutex<Int32?>(nil)
    let signals = EndingSignals { number in
      received.withLock { $0 = $0 ?? number }
      for process in processes { process.pass(on: number) }
    }
    let result = body()
    signals.stop()
    if let number = received.withLock({ $0 }) { EndingSignals.end(by: number) }
    return result
  }
}

/// Why a program has not done what it was started for.
public struct ChildFailure: Error, CustomStringConvertible, Hashable, Sendable {
  /// How it came about.
  public enum Reason: Hashable, Sendable {
    /// It could not be started, and why.
    case notStarted(String)
    /// It has ended with another exit code than 0, and the last line of its complaints.
    case failed(code: Int32, lastWords: String?)
  }

  /// The program and its arguments.
  public let words: [String]
  /// How it came about.
  public let reason: Reason

  /// One line.
  public var description: String {
    switch reason {
    case .notStarted(let why): "cannot start '\(words.first ?? "")': \(why)"
    case .failed(let code, let lastWords):
      "'\(words.joined(separator: " "))' failed with exit code \(code): \(lastWords ?? "it said nothing")"
    }
  }

  /// What the program itself has said, or what is to be said for it.
  public var complaint: String {
    switch reason {
    case .notStarted(let why): why
    case .failed(let code, let lastWords): lastWords ?? "exit code \(code)"
    }
  }
}
