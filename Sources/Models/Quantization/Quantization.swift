import Inputs
import Quantities

/// In which formats a model's parameters are stored: the choice that `quantization` in a scenario, `quantization_config` in
/// a `config.json`, or a GGUF file makes.
public struct Quantization: Hashable, Sendable, CustomStringConvertible {
  enum Scheme: Hashable, Sendable {
    /// The same format for the linear layers that are not left out.
    case linearLayers(QuantizedFormat, leavingOut: ModuleExceptions)
    /// What `llama-quantize` makes of a model.
    case ggml(GGMLMixture)
    /// As a file has it, by the parameters' names.
    case stored([String: QuantizedFormat])
  }

  /// What it is called.
  public let name: String
  let scheme: Scheme

  init(name: String, _ scheme: Scheme) {
    self.name = name
    self.scheme = scheme
  }

  /// The name.
  public var description: String { name }

  /// The format of a matrix; `nil` for one that is stored in the activations' type. Vectors, such as norms and biases, always
  /// are.
  func format(of parameter: String, columns: Int, in model: LlamaConfiguration) -> QuantizedFormat? {
    switch scheme {
    case .linearLayers(let format, let exceptions):
      guard let module = LinearModule(parameter: parameter, in: model), !exceptions.contain(module) else { return nil }
      return format
    case .ggml(let mixture): return mixture.format(of: parameter, columns: columns, in: model)
    case .stored(let formats): return formats[parameter]
    }
  }

  /// Whether partial results travel as Q80, too: distributed-llama computes with Q40 weights in no other way.
  var sendsSumsQuantized: Bool { name == "q40" }

  /// The type that a device must be able to compute in; `nil` where any will do: ggml's formats are converted where a device
  /// has no integer arithmetic.
  public var neededArithmetic: ElementType? {
    guard case .linearLayers(let format, _) = scheme, case .of(let type) = format.arithmetic,
      QuantizedFormat.ggml(format.kind) == nil
    else { return nil }
    return type
  }

  /// Throws unless the rows of all matrices can be divided into the format's groups. ggml has other formats for those that
  /// cannot.
  func validate(for model: LlamaConfiguration) throws(QuantizationError) {
    guard case .linearLayers(let format, _) = scheme, let group = format.groupSize, format.rowsPerScale == 1 else {
      return
    }
    for matrix in model.matrices where self.format(of: matrix.name, columns: matrix.columns, in: model) != nil {
      guard matrix.columns % group != 0 else { continue }
      throw QuantizationError(
        "\(name): rows must have a multiple of \(group) columns, those of \(matrix.name) in \(model.name) have "
          + "\(matrix.columns); use int8, q8_0 or another group")
    }
  }
}

/// A quantization that is not known, or that a model cannot have.
public struct QuantizationError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// One line.
  public let description: String

  init(_ description: String) { self.description = description.printable }
}

/// A linear layer by its place in the model.
struct LinearModule: Hashable, Sendable {
  /// `model.layers.3.mlp.down_proj`, `lm_head`.
  let path: String

  /// `nil` for what is not a linear layer: tables that are looked up, norms, biases.
  init?(parameter: String, in model: LlamaConfiguration) {
    guard parameter.hasSuffix(".weight") else { return nil }
    let path = String(parameter.dropLast(".weight".count))
    guard path == "lm_head" || path.hasSuffix("_proj") else { return nil }
    self.path = path
  }
}

/// Modules that keep the activations' type, as `modules_to_not_convert` and `ignore` list them.
struct ModuleExceptions: Hashable, Sendable {
  /// Whole names, ends of names or parts of them; regular expressions behind `re:`.
  let patterns: [String]

  /// The output layer alone.
  static let output = ModuleExceptions(patterns: ["lm_head"])
  static let none = ModuleExceptions(patterns: [])

  func contain(_ module: LinearModule) -> Bool {
    patterns.contains { pattern in
      guard pattern.hasPrefix("re:") else {
        return module.path == pattern || "\(module.path).".contains("\(pattern).")
      }
      guard let expression = try? Regex(String(pattern.dropFirst(3))) else { return false }
      return module.path.prefixMatch(of: expression) != nil
    }
  }
}
