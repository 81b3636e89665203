import Testing

@testable import Tokenization

/// Conversations as models were trained to read them.
struct ChatFormatTests {
  private let talk = [ChatMessage(role: .user, content: "Hi"), ChatMessage(role: .assistant, content: "Hello")]

  @Test("ChatML, with the system message that the template puts first by itself")
  func chatML() throws {
    let plain = try ChatFormat(
      recognising: "{% for message in messages %}{{'<|im_start|>' + message['role']}}{% endfor %}")
    #expect(
      plain.prompt(for: talk, addingGenerationPrompt: true)
        == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>assistant\n")
    let own = try ChatFormat(
      recognising:
        #"{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nBe kind.<|im_end|>\n' }}{% endif %}"#)
    #expect(
      own.prompt(for: Array(talk.prefix(1)), addingGenerationPrompt: false)
        == "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n")
    let system = [ChatMessage(role: .system, content: "Be brief.")]
    #expect(own.prompt(for: system, addingGenerationPrompt: false) == "<|im_start|>system\nBe brief.<|im_end|>\n")
  }

  @Test("Llama 3's, which trims what is said")
  func llama3() throws {
    let format = try ChatFormat(recognising: "{{ '<|start_header_id|>' + role + '<|end_header_id|>' }}")
    #expect(
      format.prompt(for: [ChatMessage(role: .user, content: " Hi \n")], addingGenerationPrompt: true)
        == "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\n")
  }

  @Test("Another format is refused")
  func unknown() {
    #expect(throws: TokenizerError.self) { try ChatFormat(recognising: "[INST] {{ message }} [/INST]") }
  }
}
