/// A turn of a conversation.
public struct ChatMessage: Hashable, Sendable {
  /// Who speaks.
  public enum Role: String, Hashable, Sendable {
    case system, user, assistant
  }

  /// Who speaks.
  public let role: Role
  /// What is said.
  public let content: String

  /// A turn.
  public init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

/// How a conversation becomes a prompt, recognised by the marks that a model's chat template writes.
public struct ChatFormat: Hashable, Sendable {
  private enum Marks: Hashable {
    /// `<|im_start|>role\n...<|im_end|>\n`, of SmolLM2 and Qwen.
    case chatML
    /// `<|start_header_id|>role<|end_header_id|>\n\n...<|eot_id|>`, of Llama 3.
    case llama3
  }

  private let marks: Marks
  /// What is put first where a conversation has no system message.
  private let defaultSystemMessage: String?

  /// - Throws: for a template of another format. A prompt without a format can be given to the model all the same.
  public init(recognising template: String) throws(TokenizerError) {
    if template.contains("<|im_start|>") {
      marks = .chatML
      defaultSystemMessage = Self.defaultSystemMessage(in: template)
    } else if template.contains("<|start_header_id|>") {
      marks = .llama3
      defaultSystemMessage = nil
    } else {
      throw TokenizerError(
        "the model's chat template is of a format that is not understood (ChatML and Llama 3's are): "
          + "\(template.prefix(60))...")
    }
  }

  /// The prompt of a conversation.
  ///
  /// - Parameter addingGenerationPrompt: whether the assistant's next turn is begun.
  public func prompt(for messages: [ChatMessage], addingGenerationPrompt: Bool) -> String {
    var messages = messages
    if let defaultSystemMessage, messages.first?.role != .system {
      messages.insert(ChatMessage(role: .system, content: defaultSystemMessage), at: 0)
    }
    switch marks {
    case .chatML:
      let turns = messages.map { "<|im_start|>\($0.role.rawValue)\n\($0.content)<|im_end|>\n" }
      return turns.joined() + (addingGenerationPrompt ? "<|im_start|>assistant\n" : "")
    case .llama3:
      let turns = messages.map { message in
        let text = message.content.trimmingSpaces
        return "<|start_header_id|>\(message.role.rawValue)<|end_header_id|>\n\n\(text)<|eot_id|>"
      }
      return "<|begin_of_text|>" + turns.joined()
        + (addingGenerationPrompt ? "<|start_header_id|>assistant<|end_header_id|>\n\n" : "")
    }
  }

  /// What a ChatML template writes between `<|im_start|>system` and `<|im_end|>` by itself.
  private static func defaultSystemMessage(in template: String) -> String? {
    guard let start = template.range(of: "<|im_start|>system"), let end = template.range(of: "<|im_end|>", after: start)
    else { return nil }
    var text = template[start.upperBound..<end.lowerBound]
    // In the template's source, the line break is written as an escape.
    if text.hasPrefix("\\n") { text = text.dropFirst(2) } else if text.hasPrefix("\n") { text = text.dropFirst() }
    let isExpression = text.contains("'") || text.contains("{")
    return isExpression || text.isEmpty ? nil : String(text)
  }
}

extension String {
  fileprivate var trimmingSpaces: Substring {
    let start = drop { $0.isWhitespace }
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return start[...last]
  }

  fileprivate func range(of text: String) -> Range<Index>? { firstRange(of: text) }

  fileprivate func range(of text: String, after range: Range<Index>) -> Range<Index>? {
    self[range.upperBound...].firstRange(of: text)
  }
}
