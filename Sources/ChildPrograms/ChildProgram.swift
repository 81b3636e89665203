import Foundation

/// A program that this one runs and waits for. When this one is told to end, so is the other, and first.
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
    let (output, errors) = (Pipe(), Pipe())
    let process = makeProcess()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try start(process)
    // Both pipes are emptied at the same time, so that neither fills up while the other is read.
    let complaints = CollectedBytes()
    let reader = Thread { complaints.fill(from: errors.fileHandleForReading) }
    reader.start()
    let text = Ending.forwarded(to: [process]) {
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
    guard process.terminationStatus == 0 else {
      let last = complaints.text.split(whereSeparator: \.isNewline).last.map(String.init)
      throw ChildFailure(words: words, reason: .failed(code: process.terminationStatus, lastWords: last))
    }
    return text
  }

  /// Runs several at the same time, with this program's own standard output and error, to their ends. When one fails,
  /// those that still run are told to end.
  ///
  /// - Returns: the position and exit code of the first that has failed; `nil` when none has.
  public static func run(_ programs: [ChildProgram]) throws(ChildFailure) -> (index: Int, code: Int32)? {
    let ended = DispatchSemaphore(value: 0)
    var processes: [Process] = []
    defer { for process in processes where process.isRunning { process.terminate() } }
    for program in programs {
      let process = program.makeProcess()
      process.terminationHandler = { _ in ended.signal() }
      try program.start(process)
      processes.append(process)
    }
    return Ending.forwarded(to: processes) {
      for _ in processes {
        ended.wait()
        let failed = processes.firstIndex { !$0.isRunning && $0.terminationStatus != 0 }
        if let failed { return (failed, processes[failed].terminationStatus) }
      }
      return nil
    }
  }

  private func start(_ process: Process) throws(ChildFailure) {
    // A child inherits which signals are blocked, and threads of Swift's pool block nearly all: it could not be ended.
    var none = sigset_t()
    var former = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &former)
    defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
    do { try process.run() } catch {
      throw ChildFailure(words: words, reason: .notStarted(error.localizedDescription))
    }
  }

  private func makeProcess() -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = environment
    return process
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
