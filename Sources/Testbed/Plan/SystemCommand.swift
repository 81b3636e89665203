/// A command of the system that makes or removes a part of a bed.
public struct SystemCommand: Hashable, Sendable, CustomStringConvertible {
  /// The program and its arguments.
  public let words: [String]

  /// - Precondition: there is a word.
  public init(_ words: [String]) { self.words = words }

  /// Of words that have no spaces in themselves.
  init(_ text: String) { words = text.split(separator: " ").map(String.init) }

  /// As a person would type it.
  public var description: String {
    words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " ")
  }
}
