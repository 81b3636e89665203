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
  private let file: any WeightFile
  private let naming: Naming

  /// What the file calls parameters.
  private enum Naming {
    case huggingFace, gguf
  }

  /// Opens a GGUF file, or a folder as Hugging Face publishes it (`config.json`, safetensors, `tokenizer.json`). Reads no
  /// parameters yet.
  ///
  /// - Parameter name: what reports call the model; the path unless given.
  /// - Throws: what is missing or not understood, with the file and the field.
  public init(contentsOf path: String, name: String? = nil) throws {
    file = try openWeights(at: path)
    if let gguf = file as? GGUFFile {
      naming = .gguf
      configuration = try LlamaConfiguration(gguf: gguf, name: name ?? path)
      let metadata = TokenizerMetadata(gguf.metadata)
      tokenizer = try Tokenizers.make(fromGGUF: metadata)
      chat = try metadata.chatTemplate.map(ChatFormat.init(recognising:))
    } else {
      naming = .huggingFace
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
    try checkParameters(file: name ?? path)
  }

  /// All parameters must be there, in their shapes. A GGUF file must hold nothing else: what its metadata does not tell,
  /// such as biases and the factors of a longer context, it tells by having tensors for it.
  private func checkParameters(file name: String) throws {
    var used: Set<String> = []
    try configuration.forEachParameter { used.insert(try entry(of: $0, shape: $1).name) }
    guard naming == .gguf, let other = file.entries.first(where: { !used.contains($0.name) }) else { return }
    throw CheckpointError(
      "\(name): has the tensor \(other.name) \(other.shape), which a Llama without biases and with plain or linearly "
        + "scaled rotary positions does not use; the values would not be the model's")
  }

  private func entry(of parameter: String, shape: [Int]) throws -> WeightEntry {
    let entry = try file.entry(named: naming == .gguf ? GGUFNames.name(of: parameter) : parameter)
    guard entry.encoding.isReadable else {
      throw CheckpointError(
        "\(entry.name) is stored as \(entry.encoding), which is not supported; \(WeightEncoding.readable) are")
    }
    guard entry.shape == shape else {
      throw CheckpointError(
        "\(parameter): the checkpoint has \(entry.shape), the configuration of \(configuration.name) asks for \(shape)")
    }
    return entry
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
    guard let device = tensor.device else { return }
    let name = try entry(of: part.name, shape: part.shape).name
    let place = WeightPart(
      rows: part.axes[0].partialRange, columns: part.axes.count > 1 ? part.axes[1].partialRange : nil)
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: tensor.elementCount * tensor.elementByteCount, alignment: 64)
    defer { bytes.deallocate() }
    try file.read(name, place, as: tensor.elementType, into: bytes)
    if naming == .gguf, GGUFNames.hasInterleavedHeads(part.name) {
      RotaryRows(headSize: configuration.headSize, rowByteCount: bytes.count / part.axes[0].count).separateHalves(bytes)
    }
    try device.write(UnsafeRawBufferPointer(bytes), to: tensor)
  }
}

/// A checkpoint that does not fit its configuration.
public struct CheckpointError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description.printable }
}
