/// How positions turn into angles in a rotary position embedding (Su et al., "RoFormer", 2021).
///
/// Pair `i` of a head of size `d` turns by position · base^(−2i/d), times what the scaling makes of that frequency.
public struct RotaryEmbedding: Hashable, Sendable {
  /// θ, `rope_theta` in Hugging Face configurations.
  public var base: Double
  /// How frequencies are changed for contexts longer than those of the training.
  public var scaling: Scaling

  /// An embedding with frequencies as they are, unless a scaling is given.
  public init(base: Double, scaling: Scaling = .none) {
    self.base = base
    self.scaling = scaling
  }

  /// The kinds of scaling that Llama models use; they change values, not cost.
  public enum Scaling: Hashable, Sendable {
    /// Frequencies as they are.
    case none
    /// All frequencies divided by `factor` (Chen et al., "Position Interpolation", 2023).
    case linear(factor: Double)
    /// Low frequencies divided by `factor`, high ones kept, those between blended, as Llama 3.1 does.
    case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, originalPositionCount: Int)
  }
}
