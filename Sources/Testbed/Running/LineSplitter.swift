/// Cuts what arrives in pieces into lines, each with a prefix.
struct LineSplitter {
  private let prefix: [UInt8]
  private var rest: [UInt8] = []

  init(prefix: String) { self.prefix = Array(prefix.utf8) }

  /// Takes a piece in.
  ///
  /// - Returns: all lines that are complete now.
  mutating func add(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    rest += bytes
    guard let end = rest.lastIndex(of: newline) else { return [] }
    let complete = rest[...end].split(separator: newline, omittingEmptySubsequences: false).dropLast()
    rest.removeSubrange(...end)
    return complete.flatMap { prefix + $0 + [newline] }
  }

  /// What is left without an end of line.
  mutating func finish() -> [UInt8] { rest.isEmpty ? [] : add([newline]) }

  private var newline: UInt8 { UInt8(ascii: "\n") }
}
