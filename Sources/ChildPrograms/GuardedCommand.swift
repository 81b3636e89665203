import Foundation

/// A command as its guardian is told of it.
package struct GuardedCommand: Sendable {
  /// What becomes of processes that a command leaves behind. Those of one that has been told to end, or that a signal has
  /// ended, are ended in any case.
  package enum Leftovers: String, Sendable {
    /// They go on, as those of any command do.
    case spared
    /// They are ended unless its exit code is 0.
    case endedAfterFailure
  }

  /// The program, looked for on the path, and its arguments.
  package var words: [String]
  /// All variables that it gets.
  package var environment = ProcessInfo.processInfo.environment
  /// Descriptors of this process by those that they are in the command. It has this process's standard files otherwise.
  package var files: [Int32: Int32] = [:]
  /// Whether it has a session of its own, which Ctrl-C does not reach.
  package var hasOwnSession = false
  /// What becomes of processes that it leaves behind.
  package var leftovers = Leftovers.spared
  /// What is removed if this process dies before it has done so itself: files and folders whose paths begin so.
  package var removedPrefixes: [String] = []

  /// A command in this process's group.
  package init(_ words: [String]) { self.words = words }

  /// The word by which a program is told to be a guardian.
  package static let word = "guardian"
  /// The guardian's descriptor of its starter's pipe.
  static let lifeline: Int32 = 3
  /// What has the guardian start the command; no signal has this number.
  static let startByte: UInt8 = 0

  /// The program that guards, and what it is told.
  var guardianWords: [String] {
    let options = ["--leftovers=\(leftovers.rawValue)"] + removedPrefixes.map { "--remove=\($0)" }
    return [Self.guardian, Self.word] + options + ["--"] + words
  }

  /// The reverse of ``guardianWords``: what follows ``word``.
  init?(guardianWords words: some Sequence<String>) {
    var rest = ArraySlice(Array(words))
    var command = GuardedCommand([])
    while let option = rest.popFirst(), option != "--" {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts.first, parts.last) {
      case ("--leftovers", let value?):
        guard let leftovers = Leftovers(rawValue: value) else { return nil }
        command.leftovers = leftovers
      case ("--remove", let value?): command.removedPrefixes.append(value)
      default: return nil
      }
    }
    guard !rest.isEmpty else { return nil }
    command.words = Array(rest)
    self = command
  }

  /// `uniference` beside the program that runs, or that program itself where it has another name.
  private static var guardian: String {
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    let beside = own.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("uniference").path
    return FileManager.default.isExecutableFile(atPath: beside) ? beside : own.path
  }
}
