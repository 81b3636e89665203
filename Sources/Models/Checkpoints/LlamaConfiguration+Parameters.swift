extension LlamaConfiguration {
  /// Calls `body` with the name and the shape of each parameter, as in Hugging Face's checkpoints, until it throws.
  func forEachParameter(_ body: (_ name: String, _ shape: [Int]) throws -> Void) rethrows {
    try body("model.embed_tokens.weight", [vocabularySize, hiddenSize])
    for layer in 0..<layerCount {
      for (name, shape) in layerShapes { try body("model.layers.\(layer).\(name)", shape) }
    }
    try body("model.norm.weight", [hiddenSize])
    if !tiesEmbeddings { try body("lm_head.weight", [vocabularySize, hiddenSize]) }
  }

  private var layerShapes: [(name: String, shape: [Int])] {
    let (queries, keys) = (headCount * headSize, keyValueHeadCount * headSize)
    return [("input_layernorm.weight", [hiddenSize]), ("post_attention_layernorm.weight", [hiddenSize])]
      + Self.linear("self_attn.q_proj", hiddenSize, queries, hasBias: hasQueryKeyValueBias)
      + Self.linear("self_attn.k_proj", hiddenSize, keys, hasBias: hasQueryKeyValueBias)
      + Self.linear("self_attn.v_proj", hiddenSize, keys, hasBias: hasQueryKeyValueBias)
      + Self.linear("self_attn.o_proj", queries, hiddenSize, hasBias: hasAttentionOutputBias)
      + Self.linear("mlp.gate_proj", hiddenSize, intermediateSize, hasBias: hasFeedForwardBias)
      + Self.linear("mlp.up_proj", hiddenSize, intermediateSize, hasBias: hasFeedForwardBias)
      + Self.linear("mlp.down_proj", intermediateSize, hiddenSize, hasBias: hasFeedForwardBias)
  }

  private static func linear(_ name: String, _ inputs: Int, _ outputs: Int, hasBias: Bool) -> [(
    name: String, shape: [Int]
  )] {
    [("\(name).weight", [outputs, inputs])] + (hasBias ? [("\(name).bias", [outputs])] : [])
  }
}
