import Tensors

/// Consecutive layers that are alike, or alternate in the same way again and again: what an engine's iteration takes in one
/// period of them, it takes in the others.
public struct LayerRepetition: Hashable, Sendable {
  /// Its first layer.
  public let first: Int
  /// After how many layers they are as before.
  public let period: Int
  /// How many periods there are.
  public let count: Int

  /// Those that are computed where the others are counted: the second period begins as all later ones do.
  public static let computedCount = 2

  /// The layers of the periods that may be counted.
  public var countedLayers: Range<Int> {
    let last = first + period * count
    return min(last, first + period * Self.computedCount)..<last
  }

  /// Its layers.
  public var layers: Range<Int> { first..<first + period * count }

  /// The longest repetitions, one after another, of layers that are described by equal values where they are alike.
  public static func repetitions<Layer: Equatable>(in layers: [Layer]) -> [LayerRepetition] {
    var found: [LayerRepetition] = []
    var first = 0
    while first < layers.count {
      let best = (1...longestPeriod).map { repetition(from: first, period: $0, in: layers) }
        .max { $0.countedLayers.count < $1.countedLayers.count }
      guard let best, !best.countedLayers.isEmpty else {
        found.append(LayerRepetition(first: first, period: 1, count: 1))
        first += 1
        continue
      }
      found.append(best)
      first = best.layers.upperBound
    }
    return found
  }

  /// Gemma 3 has a layer without a window after five with one.
  private static let longestPeriod = 6

  private static func repetition<Layer: Equatable>(from first: Int, period: Int, in layers: [Layer]) -> LayerRepetition
  {
    var end = first
    while end < layers.count, layers[end] == layers[first + (end - first) % period] { end += 1 }
    return LayerRepetition(first: first, period: period, count: (end - first) / period)
  }
}

extension LlamaConfiguration {
  /// The model's layers as repetitions, in order.
  public var layerRepetitions: [LayerRepetition] {
    var formats: [[String]] = Array(repeating: [], count: layerCount)
    if let quantization {
      for matrix in matrices {
        let parts = matrix.name.split(separator: ".", maxSplits: 3)
        guard parts.count == 4, parts[1] == "layers", let layer = Int(parts[2]), formats.indices.contains(layer) else {
          continue
        }
        let format = quantization.format(of: matrix.name, columns: matrix.columns, in: self)
        formats[layer].append("\(parts[3]) \(format.map { "\($0)" } ?? "")")
      }
    }
    return LayerRepetition.repetitions(
      in: (0..<layerCount).map {
        LayerKind(
          traits: variant.traits(ofLayer: $0), hasExperts: variant.hasExperts(inLayer: $0), formats: formats[$0])
      })
  }
}

/// What layers that take the same have in common.
private struct LayerKind: Equatable {
  let traits: DecoderVariant.LayerTraits
  let hasExperts: Bool
  let formats: [String]
}

/// How much of an iteration an engine's devices compute.
public enum IterationPart: Hashable, Sendable {
  /// All of it.
  case whole
  /// Two periods of each repetition of layers, and everything else.
  case sample
  /// The layers that a sample leaves out.
  case rest
}
