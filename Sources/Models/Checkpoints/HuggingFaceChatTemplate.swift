import Foundation
import Inputs

/// The chat template that Hugging Face publishes beside a tokenizer: a file of its own, or a field of
/// `tokenizer_config.json`.
struct HuggingFaceChatTemplate {
  /// The template; `nil` for a model that has none.
  let text: String?

  init(folder: String) {
    let limit = ModelFolder.longestConfiguration
    let own = InputFile.optionalContents(of: folder + "/chat_template.jinja", atMost: limit)
    if let text = own.flatMap({ String(data: $0, encoding: .utf8) }) {
      self.text = text
      return
    }
    struct TokenizerConfiguration: Decodable { let chat_template: String? }
    let data = InputFile.optionalContents(of: folder + "/tokenizer_config.json", atMost: limit)
    text = data.flatMap { try? JSONDecoder().decode(TokenizerConfiguration.self, from: $0) }?.chat_template
  }
}
