/// A command of the system that makes or removes a part of a testbed.
public struct SystemCommand: Hashable, Codable, Sendable, CustomStringConvertible {
  /// The program and its arguments.
  public let words: [String]
  /// Whether it goes on for as long as the testbed exists. It is ready once it has written a line.
  public let isService: Bool

  /// - Precondition: there is a word.
  public init(_ words: [String], isService: Bool = false) {
    self.words = words
    self.isService = isService
  }

  /// Of words that have no spaces in themselves.
  init(_ text: String) { self.init(text.split(separator: " ").map(String.init)) }

  /// Handed to a shell.
  init(shell script: String, arguments: [String] = []) {
    self.init(["sh", "-c", script] + (arguments.isEmpty ? [] : ["sh"] + arguments))
  }

  /// The same command inside a namespace.
  func inside(_ namespace: String) -> SystemCommand {
    SystemCommand(["ip", "netns", "exec", namespace] + words, isService: isService)
  }

  /// As a person would type it.
  public var description: String {
    words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ") + (isService ? " &" : "")
  }
}
