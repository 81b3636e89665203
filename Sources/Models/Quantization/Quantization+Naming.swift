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
  private static let schemeNames: [(name: String, scheme: Scheme)] = {
    func layers(_ format: QuantizedFormat) -> Scheme { .linearLayers(format, leavingOut: .none) }
    func hiddenLayers(_ format: QuantizedFormat) -> Scheme { .linearLayers(format, leavingOut: .output) }
    func experts(_ format: QuantizedFormat) -> Scheme {
      .linearLayers(format, leavingOut: ModuleExceptions(patterns: ["lm_head", "self_attn"]))
    }
    let groups = [32, 64, 128, 256].map { (size: Int) -> (name: String, scheme: Scheme) in
      ("int4-g\(size)", layers(.int4(groupSize: size, zeroBits: 16)))
    }
    let integers: [(name: String, scheme: Scheme)] = [
      ("int8", layers(.int8)), ("int4", layers(.int4(groupSize: 128, zeroBits: 16))),
      ("w8a8-int8", hiddenLayers(.w8a8)), ("awq", hiddenLayers(.int4(groupSize: 128, zeroBits: 4))),
      ("gptq", hiddenLayers(.int4(groupSize: 128, zeroBits: 4))), ("q40", layers(GGMLMixture.format(.q4_0))),
    ]
    let floats: [(name: String, scheme: Scheme)] = [
      ("fp8", hiddenLayers(.float8)), ("fp8-channel", hiddenLayers(.float8Channels)),
      ("fp8-block", hiddenLayers(.float8Blocks(rows: 128, columns: 128))),
      ("fp8-weight-only", hiddenLayers(QuantizedFormat.float8Channels.weightOnly)), ("nvfp4", hiddenLayers(.nvfp4)),
      ("nvfp4-weight-only", hiddenLayers(QuantizedFormat.nvfp4.weightOnly)), ("mxfp4", hiddenLayers(.mxfp4)),
      ("mxfp4-experts", experts(.mxfp4)), ("nvfp4-experts", experts(.nvfp4)),
      ("int4-experts", experts(.int4(groupSize: 32, zeroBits: 0))),
    ]
    return integers + groups + floats
  }()
}
