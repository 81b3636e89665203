import Quantities

/// A matrix among a model's parameters.
struct ModelMatrix: Hashable, Sendable {
  /// Its name in Hugging Face's checkpoints.
  let name: String
  let rows: Int
  let columns: Int
}

extension LlamaConfiguration {
  /// The matrices that formats are chosen for: tables of tokens and linear layers. Each is there once.
  var matrices: [ModelMatrix] {
    var matrices = [ModelMatrix(name: "model.embed_tokens.weight", rows: vocabularySize, columns: hiddenSize)]
    if !tiesEmbeddings {
      matrices.append(ModelMatrix(name: "lm_head.weight", rows: vocabularySize, columns: hiddenSize))
    }
    for number in 0..<layerCount {
      let layer = attentionMatrices + feedForwardMatrices(ofLayer: number)
      matrices += layer.map { ModelMatrix(name: "model.layers.\(number).\($0).weight", rows: $1, columns: $2) }
    }
    return matrices
  }

  private typealias NamedMatrix = (name: String, rows: Int, columns: Int)

  private var attentionMatrices: [NamedMatrix] {
    if let latent = variant.latentAttention {
      return [
        ("self_attn.q_a_proj", latent.queryRank, hiddenSize),
        ("self_attn.q_b_proj", headCount * (latent.plainSize + latent.rotarySize), latent.queryRank),
        ("self_attn.kv_a_proj_with_mqa_proj", latent.cachedSize, hiddenSize),
        ("self_attn.kv_b_proj", headCount * (latent.plainSize + latent.valueSize), latent.keyValueRank),
        ("self_attn.o_proj", hiddenSize, headCount * latent.valueSize),
      ]
    }
    let (queries, keys) = (headCount * headSize, keyValueHeadCount * headSize)
    return [
      ("self_attn.q_proj", queries, hiddenSize), ("self_attn.k_proj", keys, hiddenSize),
      ("self_attn.v_proj", keys, hiddenSize), ("self_attn.o_proj", hiddenSize, queries),
    ]
  }

  /// The matrices of all experts of a layer are one, one after another.
  private func feedForwardMatrices(ofLayer layer: Int) -> [NamedMatrix] {
    func matrices(_ scope: String, _ columns: Int, count: Int = 1) -> [NamedMatrix] {
      var matrices = [
        ("\(scope)up_proj", count * columns, hiddenSize), ("\(scope)down_proj", count * hiddenSize, columns),
      ]
      if case .gated = variant.feedForward { matrices.append(("\(scope)gate_proj", count * columns, hiddenSize)) }
      return matrices
    }
    guard let experts = variant.experts, variant.hasExperts(inLayer: layer) else {
      return matrices("mlp.", intermediateSize)
    }
    return matrices("mlp.experts.", experts.intermediateSize, count: experts.count)
      + (experts.sharedIntermediateSize > 0 ? matrices("mlp.shared_experts.", experts.sharedIntermediateSize) : [])
  }

  /// The format of a matrix; `nil` where it has the activations' type.
  func format(of parameter: String, columns: Int) -> QuantizedFormat? {
    quantization?.format(of: parameter, columns: columns, in: self)
  }

  /// Bytes of all parameters as they are stored.
  public var weightByteCount: Int {
    guard quantization != nil else { return parameterCount * elementType.byteCount }
    var (bytes, elements) = (0, 0)
    for matrix in matrices {
      guard let format = format(of: matrix.name, columns: matrix.columns) else { continue }
      bytes += format.byteCount(rows: matrix.rows, columns: matrix.columns)
      elements += matrix.rows * matrix.columns
    }
    return bytes + (parameterCount - elements) * elementType.byteCount
  }

  /// The matrices that every pass multiplies by in all of its rows: those of the layers; their elements, and their bytes as
  /// they are stored.
  package var layerMatrixSize: (elements: Int, bytes: Int) {
    size(of: matrices.filter { $0.name.contains(".layers.") })
  }

  /// The matrix that makes logits of a row: its elements, and its bytes as they are stored.
  package var outputMatrixSize: (elements: Int, bytes: Int) {
    size(of: matrices.filter { $0.name == (tiesEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight") })
  }

  private func size(of matrices: [ModelMatrix]) -> (elements: Int, bytes: Int) {
    matrices.reduce((0, 0)) { sum, matrix in
      let elements = matrix.rows * matrix.columns
      let format = format(of: matrix.name, columns: matrix.columns)
      let bytes = format?.byteCount(rows: matrix.rows, columns: matrix.columns) ?? elements * elementType.byteCount
      return (sum.0 + elements, sum.1 + bytes)
    }
  }

  /// Throws unless the model can be stored so.
  public func quantized(_ quantization: Quantization) throws(QuantizationError) -> LlamaConfiguration {
    try quantization.validate(for: self)
    var model = self
    model.quantization = quantization
    if quantization.sendsSumsQuantized { model.sumFormat = .ggml(.q8_0) }
    return model
  }
}
