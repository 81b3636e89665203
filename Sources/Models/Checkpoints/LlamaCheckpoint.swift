import Foundation
import Inputs
import Quantities
import Tensors
import Tokenization
import Weights

/// A published Llama: its configuration, parameters and tokenizer.
public struct LlamaCheckpoint: ParameterSource {
  /// The model.
  public let configuration: LlamaConfiguration
  /// Text to tokens and back.
  public let tokenizer: any Tokenizer
  /// How a conversation becomes a prompt; `nil` for a model that was not trained to converse.
  public let chat: ChatFormat?
  private let parameters: WeightFileParameters
  /// Whether the file is llama.cpp's, which has names and an order of rows of its own.
  private let isGGUF: Bool

  /// Opens a GGUF file, or a folder as Hugging Face publishes it (`config.json`, safetensors, `tokenizer.json`). Reads no
  /// parameters yet.
  ///
  /// - Parameter name: what reports call the model; the path unless given.
  /// - Throws: what is missing or not understood, with the file and the field.
  public init(contentsOf path: String, name: String? = nil) throws {
    let file = try openWeights(at: path)
    if let gguf = file as? GGUFFile {
      var configuration = try LlamaConfiguration(gguf: gguf, name: name ?? path)
      configuration.quantization = try Quantization(gguf, of: configuration)
      self.configuration = configuration
      let metadata = TokenizerMetadata(gguf.metadata)
      tokenizer = try Tokenizers.make(fromGGUF: metadata)
      chat = try metadata.chatTemplate.map(ChatFormat.init(recognising:))
    } else {
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      let folder = exists && isFolder.boolValue ? path : PathName(path).folder
      configuration = try LlamaConfiguration(huggingFaceFile: folder + "/config.json")
      if let obstacle = configuration.variant.obstacleToValues {
        throw CheckpointError(
          "\(folder)/config.json: \(obstacle): such models are predicted from their configuration alone; give it as model, "
            + "without weights, or \(UnsupportedModels.alternative)")
      }
      tokenizer = try Tokenizers.read(tokenizerJSON: folder + "/tokenizer.json")
      chat = try HuggingFaceChatTemplate(folder: folder).text.map(ChatFormat.init(recognising:))
    }
    let hasOwnNames = file is GGUFFile
    isGGUF = hasOwnNames
    parameters = WeightFileParameters(file: file, modelName: configuration.name) {
      hasOwnNames ? try GGUFNames.name(of: $0) : $0
    }
    try checkParameters(file: name ?? path)
  }

  /// All parameters must be there, in their shapes. A GGUF file must hold nothing else: what its metadata does not tell,
  /// such as biases and the factors of a longer context, it tells by having tensors for it.
  private func checkParameters(file name: String) throws {
    var used: Set<String> = []
    try configuration.forEachParameter { used.insert(try parameters.entry(of: $0, shape: $1).name) }
    guard isGGUF, let other = parameters.file.entries.first(where: { !used.contains($0.name) }) else { return }
    throw CheckpointError(
      "\(name): has the tensor \(other.name) \(other.shape), which a Llama without biases and with plain or linearly "
        + "scaled rotary positions does not use; the values would not be the model's")
  }

  /// The tokens of a user's message as the model expects them: within its conversation format where it has one.
  public func promptTokens(_ text: String) -> [Int] {
    guard let chat else { return tokenizer.encode(text, addingSpecialTokens: true) }
    let prompt = chat.prompt(for: [ChatMessage(role: .user, content: text)], addingGenerationPrompt: true)
    return tokenizer.encode(prompt, addingSpecialTokens: false)
  }

  /// The text of generated tokens up to the one that ends it.
  public func text(of tokens: [Int]) -> String {
    tokenizer.decode(Array(tokens.prefix { !tokenizer.endOfTextTokens.contains($0) }))
  }

  /// Reads the part of a parameter that a device holds, converted to its type.
  public func fill(_ tensor: Tensor, with part: ParameterPart) throws {
    try parameters.fill(tensor, with: part) { bytes in
      guard isGGUF, GGUFNames.hasInterleavedHeads(part.name) else { return }
      RotaryRows(headSize: configuration.headSize, rowByteCount: bytes.count / part.axes[0].count).separateHalves(bytes)
    }
  }
}

/// A checkpoint that does not fit its configuration.
public struct CheckpointError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description.printable }
}
