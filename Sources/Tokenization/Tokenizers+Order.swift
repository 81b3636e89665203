import Inputs

extension Tokenizers {
  /// Ids that no token has. Published vocabularies leave some hundreds out, for tokens to come.
  private static let mostGaps = 1 << 16

  /// The tokens of a vocabulary, each at its id; empty texts where ids are left out.
  ///
  /// - Throws: where there are none, or where an id is negative or so large that nearly all below it are left out.
  static func inOrder(_ vocabulary: [(token: String, id: Int)], file path: String) throws(TokenizerError) -> [String] {
    let most = vocabulary.count + mostGaps
    guard let last = vocabulary.map(\.id).max() else { throw TokenizerError("\(path): model.vocab is empty") }
    if let (token, id) = vocabulary.first(where: { !(0..<most).contains($0.id) }) {
      throw TokenizerError(
        "\(path): model.vocab: the token '\(quotable(token))' has the id \(id); of \(vocabulary.count) tokens, ids lie between 0 and "
          + "\(most - 1)")
    }
    var tokens = Array(repeating: "", count: last + 1)
    for (token, id) in vocabulary { tokens[id] = token }
    return tokens
  }
}
