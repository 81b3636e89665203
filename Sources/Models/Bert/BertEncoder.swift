import Communication
import Tensors

/// The part of a BERT encoder that one device holds: the embedding and all layers, or its share of them.
struct BertEncoder: Sendable {
  let embedding: BertEmbedding
  let layers: [BertLayer]

  /// Makes the parameters, named as in Hugging Face's checkpoints.
  ///
  /// - Parameter group: the devices that divide heads, columns and vocabulary; `nil` when this one has them all.
  init(
    _ parameters: ParameterLoader, _ configuration: BertConfiguration, share: TensorShare, group: (any Communicator)?
  ) throws {
    embedding = try BertEmbedding(
      parameters.scoped("embeddings"), configuration, tokens: share.vocabulary, group: group)
    layers = try (0..<configuration.layerCount).map {
      try BertLayer(parameters.scoped("encoder.layer.\($0)"), configuration, share: share, group: group)
    }
  }
}
