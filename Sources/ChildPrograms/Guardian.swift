import Foundation
import SystemCalls

/// A process between a program and a command that it has started, so that neither outlives the other, however it ends.
///
/// It is the command's parent and adopts what the command leaves behind. It holds one end of a pipe, its starter the other:
/// a first byte has the command started, another one is a signal to pass on, the end of the pipe is the end of the starter,
/// after which nothing may go on. If the guardian itself is killed, its starter notices (``GuardedProcess``).
package struct Guardian {
  private let command: GuardedCommand
  private let signals: Int32
  private var process: pid_t = 0
  private var end: ProcessEnd?
  private var isEnding = false
  /// Signals that this process got itself, as all of a terminal's foreground group does, and when.
  private var heard: [Int32: ContinuousClock.Instant] = [:]
  private var killTime: ContinuousClock.Instant?

  /// How long a command that has been told to end may take.
  private static let patience = Duration.seconds(5)
  /// How long what is left of it may take, and the command itself where its starter is dead.
  private static let shortPatience = Duration.seconds(2)

  /// Those that are ignored are not caught, or they would not be ignored any more in the command.
  private static let groupSignals = (EndingSignals.numbers + [SIGQUIT]).filter {
    !InheritedSignals.ignored.contains($0)
  }

  /// Is the guardian that a program with these arguments has been started to be, and ends with the command's exit code.
  package static func run(_ arguments: some Sequence<String>) -> Never {
    guard let command = GuardedCommand(guardianWords: arguments), fcntl(GuardedCommand.lifeline, F_GETFD) >= 0 else {
      complain("'\(GuardedCommand.word)' is what this program starts itself as; it is of no use otherwise")
      exit(EX_USAGE)
    }
    do {
      var guardian = try Guardian(command)
      try guardian.start()
      exit(guardian.watch())
    } catch {
      complain(error.description)
      exit(error.code == ENOENT ? 127 : 126)
    }
  }

  private static func complain(_ text: String) { _ = writeAll(Array("uniference: error: \(text)\n".utf8), to: 2) }

  private init(_ command: GuardedCommand) throws(SpawnFailure) {
    self.command = command
    _ = fcntl(GuardedCommand.lifeline, F_SETFD, FD_CLOEXEC)
    signals = try SignalBytes.catching(Self.groupSignals + [SIGCHLD])
    for number in [SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE] { signal(number, SIG_IGN) }
    uniference_adopt_orphans()
  }

  /// Starts the command when its starter says so.
  private mutating func start() throws(SpawnFailure) {
    var byte: UInt8 = 1
    while byte != GuardedCommand.startByte {
      let count = read(GuardedCommand.lifeline, &byte, 1)
      if count < 0 && errno == EINTR { continue }
      guard count == 1 else { removeLeftovers() }
      if byte != GuardedCommand.startByte { exit(128 + Int32(byte)) }
    }
    var child = ChildProcess(words: command.words)
    child.inheritsInput = true
    process = try child.start()
  }

  /// Stays until the command has ended.
  ///
  /// - Returns: its exit code.
  private mutating func watch() -> Int32 {
    while end == nil { turn() }
    let code = end?.exitCode ?? EXIT_FAILURE
    if isEnding || end?.signal != nil || (code != 0 && command.leftovers == .endedAfterFailure) {
      ProcessTree.endDescendants(patience: Self.shortPatience)
    }
    return code
  }

  private mutating func turn() {
    var entries = [GuardedCommand.lifeline, signals].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let patience = killTime.map { max(0, Int32(($0 - .now) / .milliseconds(1))) } ?? -1
    _ = poll(&entries, 2, patience)
    if entries[1].revents != 0 { takeSignals() }
    if entries[0].revents != 0 { hearStarter() }
    if let killTime, killTime <= .now {
      self.killTime = nil
      kill(process, SIGKILL)
    }
  }

  private mutating func takeSignals() {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(signals, &bytes, bytes.count)
    for byte in bytes.prefix(max(0, count)) where Int32(byte) != SIGCHLD { heard[Int32(byte)] = .now }
    reap()
  }

  /// Also waits for those that the command has left behind.
  private mutating func reap() {
    var status: Int32 = 0
    while true {
      let ended = waitpid(-1, &status, WNOHANG)
      if ended == process { end = ProcessEnd(status: status) }
      if ended <= 0 { return }
    }
  }

  private mutating func hearStarter() {
    var byte: UInt8 = 0
    let count = read(GuardedCommand.lifeline, &byte, 1)
    if count < 0 && errno == EINTR { return }
    guard count == 1 else { return endAll() }
    let number = Int32(byte)
    let isUrgent = isEnding && number != SIGINT
    if number != SIGINT { isEnding = true }
    killTime = isUrgent ? .now : number == SIGINT ? killTime : .now + Self.patience
    if !hasGroupHeard(number) { pass(on: number) }
  }

  /// Ctrl-C is for all of the command's group, as a terminal has it: a shell waits for what it runs to end by it. Of other
  /// signals the command itself is told, which tells those that it has started.
  private func pass(on number: Int32) {
    guard number == SIGINT else {
      kill(process, number)
      return
    }
    for descendant in ProcessTree.descendants(of: getpid()) where getpgid(descendant) == getpgrp() {
      kill(descendant, number)
    }
  }

  /// Whether the whole group got a signal, so that the command has it already.
  private mutating func hasGroupHeard(_ number: Int32) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(100)
    while ContinuousClock.now < deadline {
      if let time = heard.removeValue(forKey: number), .now - time < .seconds(1) { return true }
      if end != nil { return true }
      var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      if poll(&entry, 1, 10) > 0 { takeSignals() }
    }
    return false
  }

  /// The starter is gone.
  private mutating func endAll() {
    kill(process, SIGTERM)
    let deadline = ContinuousClock.now + Self.shortPatience
    while end == nil, ContinuousClock.now < deadline {
      var entry = pollfd(fd: signals, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, 20)
      takeSignals()
    }
    if end == nil { kill(process, SIGKILL) }
    ProcessTree.endDescendants(patience: Self.shortPatience)
    removeLeftovers()
  }

  private func removeLeftovers() -> Never {
    for prefix in command.removedPrefixes { Self.remove(prefix) }
    exit(128 + SIGKILL)
  }

  private static func remove(_ prefix: String) {
    let files = FileManager.default
    let (folder, name) = ((prefix as NSString).deletingLastPathComponent, (prefix as NSString).lastPathComponent)
    let entries = (try? files.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    for entry in entries where entry.hasPrefix(name) {
      try? files.removeItem(atPath: folder.isEmpty ? entry : "\(folder)/\(entry)")
    }
  }
}
