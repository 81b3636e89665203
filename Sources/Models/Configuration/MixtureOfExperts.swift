/// The feed-forward of a mixture of experts: a router sends each token to a few of many small feed-forwards (Shazeer et al.,
/// "Outrageously Large Neural Networks", 2017), beside which some are shared by all tokens (DeepSeek-AI, "DeepSeekMoE", 2024).
public struct MixtureOfExperts: Hashable, Sendable {
  /// How many experts the router chooses from: `num_local_experts`, `num_experts` or `n_routed_experts`.
  public var count: Int
  /// How many each token goes to, `num_experts_per_tok`.
  public var perToken: Int
  /// Columns of an expert's feed-forward, `moe_intermediate_size`.
  public var intermediateSize: Int
  /// Columns of the feed-forward that all tokens pass, in sum; 0 where there is none.
  public var sharedIntermediateSize = 0
  /// How many of the first layers have one feed-forward instead, `first_k_dense_replace`.
  public var denseLayerCount = 0
  /// Whether the router adds a number of each expert's own to its scores (DeepSeek-V3's correction for balance), or has a bias.
  public var hasRouterBias = false
  /// Whether experts' projections have biases (gpt-oss).
  public var hasBiases = false

  /// Experts.
  public init(count: Int, perToken: Int, intermediateSize: Int) {
    self.count = count
    self.perToken = perToken
    self.intermediateSize = intermediateSize
  }

  /// How many of some experts get a token where so many tokens each go to ``perToken`` of all ``count``, every choice being
  /// equally likely: an expert gets none with probability (1 - k/E)^tokens, so that h (1 - (1 - k/E)^tokens) of h are
  /// expected to get one.
  public func expectedTouchedCount(of held: Int, tokens: Int) -> Double {
    guard tokens > 0 else { return 0 }
    var missed = 1.0
    var (base, exponent) = (1 - Double(perToken) / Double(count), tokens)
    while exponent > 0 {
      if exponent & 1 == 1 { missed *= base }
      base *= base
      exponent >>= 1
    }
    return Double(held) * (1 - missed)
  }

  /// Parameters of the router and all experts of a layer, for rows of so many elements.
  func parameterCount(hiddenSize: Int) -> Int {
    let expert = 3 * hiddenSize * intermediateSize + (hasBiases ? 2 * intermediateSize + hiddenSize : 0)
    let router = count * hiddenSize + (hasRouterBias ? count : 0)
    return router + count * expert + 3 * hiddenSize * sharedIntermediateSize
  }

  /// The same of what one token passes.
  func activeParameterCount(hiddenSize: Int) -> Int {
    var active = self
    active.count = perToken
    return active.parameterCount(hiddenSize: hiddenSize) + (count - perToken) * hiddenSize
      + (hasRouterBias ? count - perToken : 0)
  }
}

/// Multi-head latent attention: queries, keys and values come of short vectors, of which the one for keys and values is all
/// that the cache holds (DeepSeek-AI, "DeepSeek-V2", 2024, section 2.1).
public struct LatentAttention: Hashable, Sendable {
  /// Elements of the vector that queries come of, `q_lora_rank`.
  public var queryRank: Int
  /// Elements of the vector that keys and values come of, `kv_lora_rank`.
  public var keyValueRank: Int
  /// Elements of a head's query and key that are turned by positions, `qk_rope_head_dim`; keys share them.
  public var rotarySize: Int
  /// Elements of a head's query and key that are not, `qk_nope_head_dim`.
  public var plainSize: Int
  /// Elements of a head's value, `v_head_dim`.
  public var valueSize: Int

  /// Latent attention.
  public init(queryRank: Int, keyValueRank: Int, rotarySize: Int, plainSize: Int, valueSize: Int) {
    self.queryRank = queryRank
    self.keyValueRank = keyValueRank
    self.rotarySize = rotarySize
    self.plainSize = plainSize
    self.valueSize = valueSize
  }

  /// Elements that the cache holds of a position.
  public var cachedSize: Int { keyValueRank + rotarySize }

  /// Parameters of a layer's attention with so many heads: six projections and two norms.
  func parameterCount(hiddenSize: Int, headCount: Int) -> Int {
    let queries = hiddenSize * queryRank + queryRank + queryRank * headCount * (plainSize + rotarySize)
    let keys = hiddenSize * cachedSize + keyValueRank + keyValueRank * headCount * (plainSize + valueSize)
    return queries + keys + headCount * valueSize * hiddenSize
  }
}
