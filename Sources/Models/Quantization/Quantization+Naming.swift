import Inputs
import Quantities

extension Quantization {
  /// A quantization by the name that its tool gives it, in any case: llama.cpp's types of files (`Q4_K_M`), gpt-fast's and
  /// torchao's (`int8`, `int4-g32`), vLLM's (`awq`, `gptq`, `fp8`, `mxfp4`), TensorRT's (`nvfp4`), distributed-llama's (`q40`).
  ///
  /// - Throws: ``QuantizationError`` with the nearest name.
  public init(named name: String) throws(QuantizationError) {
    let key = name.lowercased()
    if let mixture = GGMLMixture(named: key) {
      self.init(name: mixture.name, .ggml(mixture))
    } else if let scheme = Self.schemes[key] {
      self.init(name: key, scheme)
    } else {
      throw QuantizationError(unknownNameMessage("quantization", name, allowed: Self.names))
    }
  }

  /// All names that ``init(named:)`` understands.
  public static let names = schemeNames.map(\.name) + GGMLMixture.allNames

  private static let schemes = Dictionary(uniqueKeysWithValues: schemeNames.map { ($0.name, $0.scheme) })

  /// gpt-fast and torchao quantize the output layer, too; engines that serve published checkpoints leave it as it is.
  private static let schemeNames: [(name: String, scheme: Scheme)] =
    [
      ("int8", .linearLayers(.int8, leavingOut: .none)),
      ("w8a8-int8", .linearLayers(.w8a8, leavingOut: .output)),
      ("int4", .linearLayers(.int4(groupSize: 128, zeroBits: 16), leavingOut: .none)),
    ]
    + [32, 64, 128, 256].map { ("int4-g\($0)", .linearLayers(.int4(groupSize: $0, zeroBits: 16), leavingOut: .none)) }
    + [
      ("awq", .linearLayers(.int4(groupSize: 128, zeroBits: 4), leavingOut: .output)),
      ("gptq", .linearLayers(.int4(groupSize: 128, zeroBits: 4), leavingOut: .output)),
      ("fp8", .linearLayers(.float8, leavingOut: .output)),
      ("fp8-channel", .linearLayers(.float8Channels, leavingOut: .output)),
      ("fp8-block", .linearLayers(.float8Blocks(rows: 128, columns: 128), leavingOut: .output)),
      ("fp8-weight-only", .linearLayers(QuantizedFormat.float8Channels.weightOnly, leavingOut: .output)),
      ("nvfp4", .linearLayers(.nvfp4, leavingOut: .output)),
      ("nvfp4-weight-only", .linearLayers(QuantizedFormat.nvfp4.weightOnly, leavingOut: .output)),
      ("mxfp4", .linearLayers(.mxfp4, leavingOut: .output)),
      ("q40", .linearLayers(GGMLMixture.format(.q4_0), leavingOut: .none)),
    ]
}
