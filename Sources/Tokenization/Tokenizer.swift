import Inputs

/// Text to token ids and back.
public protocol Tokenizer: Sendable {
  /// Number of token ids, from 0 on.
  var vocabularySize: Int { get }

  /// The tokens after which generating stops.
  var endOfTextTokens: Set<Int> { get }

  /// The ids of a text. Special tokens that the text spells out, such as `<|im_start|>`, become their ids.
  ///
  /// - Parameter addingSpecialTokens: whether to put around it what the model expects around every text.
  func encode(_ text: String, addingSpecialTokens: Bool) -> [Int]

  /// The text of ids. Special tokens are left out, and bytes that are no UTF-8 become U+FFFD.
  func decode(_ tokens: [Int]) -> String
}

/// A tokenizer that cannot be read, or that is of a kind not understood.
public struct TokenizerError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// One line: the file, what is at fault and what is allowed.
  public let description: String

  init(_ description: String) {
    // Tokens come from the file: whatever they hold, an error stays one line.
    self.description = description.printableLine
  }
}

/// What a GGUF file says of its tokenizer, under the keys `tokenizer.ggml.*`.
public struct TokenizerMetadata: Sendable {
  /// `model`: the kind of tokenizer, `gpt2` for byte-level byte pair encoding.
  public var model: String
  /// `pre`: how text is cut into words.
  public var preTokenizer: String?
  /// `tokens`, by id.
  public var tokens: [String]
  /// `token_type`, by id: 1 normal, 3 control, 4 user-defined.
  public var tokenTypes: [Int]
  /// `merges`: pairs of tokens with a space between, the earliest first.
  public var merges: [String]
  /// `bos_token_id`.
  public var beginningOfText: Int?
  /// `eos_token_id`.
  public var endOfText: Int?
  /// `add_bos_token`.
  public var addsBeginning: Bool?
  /// `add_eos_token`.
  public var addsEnd: Bool?
  /// `chat_template`.
  public var chatTemplate: String?

  /// See the properties.
  public init(
    model: String, preTokenizer: String?, tokens: [String], tokenTypes: [Int], merges: [String],
    beginningOfText: Int? = nil, endOfText: Int? = nil, addsBeginning: Bool? = nil, addsEnd: Bool? = nil,
    chatTemplate: String? = nil
  ) {
    self.model = model
    self.preTokenizer = preTokenizer
    self.tokens = tokens
    self.tokenTypes = tokenTypes
    self.merges = merges
    self.beginningOfText = beginningOfText
    self.endOfText = endOfText
    self.addsBeginning = addsBeginning
    self.addsEnd = addsEnd
    self.chatTemplate = chatTemplate
  }
}
