import Foundation

/// The chat template that Hugging Face publishes beside a tokenizer: a file of its own, or a field of
/// `tokenizer_config.json`.
struct HuggingFaceChatTemplate {
  /// The template; `nil` for a model that has none.
  let text: String?

  init(folder: String) {
    if let own = try? String(contentsOfFile: folder + "/chat_template.jinja", encoding: .utf8) {
      text = own
      return
    }
    struct TokenizerConfiguration: Decodable { let chat_template: String? }
    let data = FileManager.default.contents(atPath: folder + "/tokenizer_config.json")
    text = data.flatMap { try? JSONDecoder().decode(TokenizerConfiguration.self, from: $0) }?.chat_template
  }
}
