/// Words cut into the longest pieces of a vocabulary, from their beginning on: BERT's tokenizer (Wu et al., "Google's
/// Neural Machine Translation System", 2016, section 4.1; `WordpieceTokenizer` in BERT's code).
///
/// A word that cannot be put together, or that is longer than ``longestWord``, is the unknown token as a whole.
struct WordPieceTokenizer: Tokenizer {
  /// What it is made of.
  struct Parts {
    /// By id.
    var tokens: [String]
    /// What stands before a piece that does not begin a word.
    var continuation = "##"
    /// What an unknown word becomes.
    var unknownToken: Int
    /// Tokens that are found as they are written and left out of decoded text.
    var specialTokens: [Int]
    var normalization: BertNormalization
    var longestWord = 100
    /// What is put before and after every text.
    var prefix: [Int]
    var suffix: [Int]
  }

  private let parts: Parts
  private let ids: [String: Int]
  private let special: SpecialTokens
  private let specialIDs: Set<Int>

  init(_ parts: Parts) {
    self.parts = parts
    ids = Dictionary(parts.tokens.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    special = SpecialTokens(parts.specialTokens.map { (parts.tokens[$0], $0) })
    specialIDs = Set(parts.specialTokens)
  }

  var vocabularySize: Int { parts.tokens.count }

  /// None: an encoder does not generate.
  var endOfTextTokens: Set<Int> { [] }

  func encode(_ text: String, addingSpecialTokens: Bool) -> [Int] {
    var encoded = addingSpecialTokens ? parts.prefix : []
    for part in special.split(text) {
      switch part {
      case .token(let id): encoded.append(id)
      case .text(let text):
        for word in parts.normalization.words(text) { encoded += pieces(of: word) }
      }
    }
    return addingSpecialTokens ? encoded + parts.suffix : encoded
  }

  func decode(_ tokens: [Int]) -> String {
    var text = ""
    for id in tokens where parts.tokens.indices.contains(id) && !specialIDs.contains(id) {
      let token = parts.tokens[id]
      if token.hasPrefix(parts.continuation) {
        text += token.dropFirst(parts.continuation.count)
      } else {
        text += text.isEmpty ? token : " \(token)"
      }
    }
    return text
  }

  private func pieces(of word: [Unicode.Scalar]) -> [Int] {
    guard word.count <= parts.longestWord else { return [parts.unknownToken] }
    var pieces: [Int] = []
    var start = 0
    while start < word.count {
      var end = word.count
      var found: Int?
      while end > start, found == nil {
        let piece = String(String.UnicodeScalarView(word[start..<end]))
        found = ids[start == 0 ? piece : parts.continuation + piece]
        if found == nil { end -= 1 }
      }
      guard let found else { return [parts.unknownToken] }
      pieces.append(found)
      start = end
    }
    return pieces
  }
}
