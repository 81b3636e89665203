import Foundation

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

  /// Radians per position of each pair of a head's elements, with the scaling applied.
  ///
  /// Llama 3's scaling compares a pair's wavelength with the original context: wavelengths below
  /// originalPositionCount / highFrequency stay, those above originalPositionCount / lowFrequency grow by the factor, and
  /// between them the frequencies are blended linearly (Meta, "Llama 3.1", model code, `apply_scaling`).
  public func frequencies(headSize: Int) -> [Double] {
    (0..<headSize / 2).map { pair in
      let frequency = pow(base, -2 * Double(pair) / Double(headSize))
      switch scaling {
      case .none: return frequency
      case .linear(let factor): return frequency / factor
      case .llama3(let factor, let lowFrequency, let highFrequency, let originalPositionCount):
        let turns = Double(originalPositionCount) * frequency / (2 * Double.pi)
        let blend = min(1, max(0, (turns - lowFrequency) / (highFrequency - lowFrequency)))
        return frequency * (blend + (1 - blend) / factor)
      }
    }
  }
}
