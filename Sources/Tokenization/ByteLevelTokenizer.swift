import Foundation

/// Byte pair encoding of UTF-8 bytes: the tokenizer of GPT-2, SmolLM2, Llama 3 and Qwen2.
struct ByteLevelTokenizer: Tokenizer {
  /// What it is made of, as either kind of file gives it.
  struct Parts {
    var tokens: [String]
    var merges: [(left: String, right: String)]
    /// Tokens that are found as they are written; of these, `controlTokens` are left out of decoded text.
    var specialTokens: [Int]
    var controlTokens: Set<Int>
    var preTokenizer: PreTokenizer
    /// Whether a word that is a token as a whole is not put together from merges.
    var takesWholeWords: Bool
    /// Whether text is put into Unicode's composed form (NFC) first.
    var normalizes = false
    var prefix: [Int]
    var suffix: [Int]
    var endOfTextTokens: Set<Int>
  }

  let endOfTextTokens: Set<Int>
  private let tokens: [String]
  private let ids: [String: Int]
  private let byteIDs: [Int?]
  private let merges: BytePairMerges
  private let special: SpecialTokens
  private let controlIDs: Set<Int>
  private let preTokenizer: PreTokenizer
  private let takesWholeWords: Bool
  private let normalizes: Bool
  private let prefix: [Int]
  private let suffix: [Int]

  /// - Parameter file: its name in errors.
  /// - Throws: for a merge of tokens that there are not.
  init(_ parts: Parts, file: String) throws(TokenizerError) {
    let ids = Dictionary(parts.tokens.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var merges: [(left: Int, right: Int, merged: Int)] = []
    merges.reserveCapacity(parts.merges.count)
    for (index, merge) in parts.merges.enumerated() {
      guard let left = ids[merge.left], let right = ids[merge.right], let merged = ids[merge.left + merge.right] else {
        throw TokenizerError(
          "\(file): merge \(index), '\(merge.left) \(merge.right)', is of tokens that are not in the vocabulary")
      }
      merges.append((left, right, merged))
    }
    self.ids = ids
    self.merges = BytePairMerges(merges)
    tokens = parts.tokens
    byteIDs = ByteLevelAlphabet.scalars.map { ids[String($0)] }
    special = SpecialTokens(parts.specialTokens.map { (parts.tokens[$0], $0) })
    controlIDs = parts.controlTokens
    preTokenizer = parts.preTokenizer
    takesWholeWords = parts.takesWholeWords
    normalizes = parts.normalizes
    prefix = parts.prefix
    suffix = parts.suffix
    endOfTextTokens = parts.endOfTextTokens
  }

  var vocabularySize: Int { tokens.count }

  func encode(_ text: String, addingSpecialTokens: Bool) -> [Int] {
    var encoded = addingSpecialTokens ? prefix : []
    for part in special.split(text) {
      switch part {
      case .token(let id): encoded.append(id)
      case .text(let text):
        let normal = normalizes ? text.precomposedStringWithCanonicalMapping[...] : text
        for word in preTokenizer.words(normal) { encoded += tokens(of: word) }
      }
    }
    return addingSpecialTokens ? encoded + suffix : encoded
  }

  func decode(_ tokens: [Int]) -> String {
    var bytes: [UInt8] = []
    for id in tokens where self.tokens.indices.contains(id) && !controlIDs.contains(id) {
      // A token that is not written in the alphabet stands for itself, as in Hugging Face's ByteLevel decoder.
      let written = self.tokens[id].unicodeScalars.map { ByteLevelAlphabet.bytes[$0] }
      let isWritten = written.allSatisfy { $0 != nil }
      bytes += isWritten ? written.compactMap(\.self) : Array(self.tokens[id].utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func tokens(of word: ArraySlice<Unicode.Scalar>) -> [Int] {
    var bytes: [UInt8] = []
    for scalar in word { bytes += Unicode.UTF8.encode(scalar).map(Array.init) ?? [] }
    if takesWholeWords {
      let written = String(String.UnicodeScalarView(bytes.map { ByteLevelAlphabet.scalars[Int($0)] }))
      if let id = ids[written] { return [id] }
    }
    // Vocabularies hold all 256 bytes; one that lacks some drops them, as Hugging Face's tokenizers do.
    return merges.apply(to: bytes.compactMap { byteIDs[Int($0)] })
  }
}
