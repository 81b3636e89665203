/// `--fake` and `--fake=strict`, of which the parser knows flags without a value only.
enum FakeOption {
  /// The flag that stands for the value.
  static let strictWord = "fake-strict"

  /// The words of a command line with two flags for `--fake=strict`.
  static func splitting(_ words: [String]) -> [String] {
    words.first == "run" ? words.flatMap { $0 == "--fake=strict" ? ["--fake", "--\(strictWord)"] : [$0] } : words
  }
}
