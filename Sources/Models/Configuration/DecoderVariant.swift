/// In what a family of decoders differs from Llama, of what decides parameters and cost.
public struct DecoderVariant: Hashable, Sendable {
  /// Where a layer normalizes.
  public enum NormPlacement: Hashable, Sendable {
    /// x + f(norm(x)), as Llama does.
    case before
    /// x + norm(f(x)), as OLMo 2 does.
    case after
    /// x + norm(f(norm(x))), as Gemma 2 and 3 do.
    case around
  }

  /// What is normalized of queries and keys before they are turned by their positions.
  public enum QueryKeyNorm: Hashable, Sendable {
    /// Nothing.
    case none
    /// Each head by itself, with one weight for all heads (Qwen3, Gemma 3).
    case eachHead
    /// The whole projection at once (OLMo 2): a device cannot do that with some of the heads.
    case projection
  }

  /// The kind of normalization of hidden states.
  public enum Norm: Hashable, Sendable {
    /// By the root mean square, with a weight.
    case rootMeanSquare
    /// By mean and variance, with weight and bias.
    case layer
  }

  /// The feed-forward between the norms.
  public enum FeedForward: Hashable, Sendable {
    /// down(activation(gate(x)) · up(x)).
    case gated(Activation)
    /// down(activation(up(x))).
    case plain(Activation)
  }

  /// How a query knows where a key is.
  public enum Positions: Hashable, Sendable {
    /// Queries and keys are turned by their positions, but for layers without (``LayerTraits/isRotary``).
    case rotary
    /// A row of a table is added to each token's (GPT-2).
    case learned
    /// Scores are lowered by their distance (BLOOM), in the attention's kernel, which costs nothing.
    case alibi
  }

  /// Scalars that hidden states and logits are multiplied by.
  public struct Factors: Hashable, Sendable {
    /// Whether embeddings are (Granite's `embedding_multiplier`, Gemma's √hidden_size).
    public var scalesEmbeddings = false
    /// Whether what a layer adds to its input is (Granite's `residual_multiplier`).
    public var scalesResiduals = false
    /// Whether logits are (Granite's `logits_scaling`).
    public var scalesLogits = false
    /// Whether logits are bent by a hyperbolic tangent (Gemma 2's `final_logit_softcapping`).
    public var capsLogits = false

    /// No factor.
    public init() {}
  }

  /// What is particular to some layers.
  public struct LayerTraits: Hashable, Sendable {
    /// How many positions a query sees, its own among them; `nil` for all.
    public var window: Int?
    /// Whether positions turn queries and keys.
    public var isRotary = true

    /// A layer as Llama's are, but for what is set.
    public init(window: Int? = nil, isRotary: Bool = true) {
      self.window = window
      self.isRotary = isRotary
    }
  }

  /// Where layers normalize.
  public var normPlacement = NormPlacement.before
  /// How.
  public var norm = Norm.rootMeanSquare
  /// What of queries and keys is normalized.
  public var queryKeyNorm = QueryKeyNorm.none
  /// Whether engines normalize projections over all heads though devices divide these, adding up their squares.
  public var dividesProjectionNorm = false
  /// The feed-forward.
  public var feedForward = FeedForward.gated(.silu)
  /// The experts that take the feed-forward's place, if there are any.
  public var experts: MixtureOfExperts?
  /// The latent vectors that attention goes by, if it does.
  public var latentAttention: LatentAttention?
  /// Whether each head has a number beside its keys that takes a part of the attention (gpt-oss).
  public var hasAttentionSinks = false
  /// How positions are told apart.
  public var positions = Positions.rotary
  /// Whether embeddings are normalized before the first layer (BLOOM).
  public var normalizesEmbeddings = false
  /// Scalars.
  public var factors = Factors()
  /// What is particular to each layer; empty where all layers are as Llama's.
  public var layers: [LayerTraits] = []
  /// What keeps the model's values from being computed, where only its cost is known; `nil` where they can be.
  public var obstacleToValues: String?

  /// Llama itself.
  public static let llama = DecoderVariant()

  /// What is particular to a layer.
  func traits(ofLayer layer: Int) -> LayerTraits { layers.isEmpty ? LayerTraits() : layers[layer] }

  /// Whether a layer has experts.
  func hasExperts(inLayer layer: Int) -> Bool { experts.map { layer >= $0.denseLayerCount } ?? false }

  /// Norms of the hidden size in a layer.
  var normCount: Int { normPlacement == .around ? 4 : 2 }

  /// Parameters of a norm of so many columns.
  func normParameterCount(_ size: Int) -> Int { norm == .layer ? 2 * size : size }
}
