import Inputs
import Quantities

extension Quantization {
  /// Reads `quantization_config`; `nil` where there is none.
  ///
  /// Source of the fields: transformers, `utils/quantization_config.py`; compressed-tensors, `quant_scheme.py`; NVIDIA's
  /// ModelOpt, `hf_quant_config.json`.
  init?(_ fields: HuggingFaceFields) throws(ConfigurationError) {
    guard fields["quantization_config"] != nil else { return nil }
    guard let config = try fields.object("quantization_config") else { return nil }
    guard let method = try config.string("quant_method") else {
      throw config.error("quant_method", "it must be one of \(Self.methods)")
    }
    let exceptions = try config.exceptions()
    func layers(_ format: QuantizedFormat) -> Quantization {
      Quantization(name: "\(method) (\(format))", .linearLayers(format, leavingOut: exceptions))
    }
    switch method {
    case "awq", "gptq", "gptq_marlin", "awq_marlin": self = layers(try config.integerGroups())
    case "fp8":
      guard config["weight_block_size"] != nil else {
        self = layers(.float8)
        return
      }
      let block = try config.block("weight_block_size")
      self = layers(.float8Blocks(rows: block.rows, columns: block.columns))
    case "fbgemm_fp8": self = layers(.float8Channels)
    case "mxfp4": self = layers(.mxfp4)
    case "bitsandbytes": self = layers(try config.bitsAndBytes())
    case "compressed-tensors", "modelopt", "modelopt_fp4": self = layers(try config.scheme())
    case "torchao": self = layers(try config.torchAO())
    default:
      throw config.error(
        "quant_method", "it must be one of \(Self.methods); or leave it out and choose quantization in the scenario")
    }
  }

  private static let methods =
    "awq, gptq, fp8, fbgemm_fp8, mxfp4, bitsandbytes, compressed-tensors, modelopt, torchao"
}

extension HuggingFaceFields {
  /// Modules that keep the activations' type; the output layer where nothing is said.
  fileprivate func exceptions() throws(ConfigurationError) -> ModuleExceptions {
    for name in ["modules_to_not_convert", "ignore", "exclude_modules", "llm_int8_skip_modules"] {
      guard let value = self[name] else { continue }
      guard case .array(let elements) = value else { throw error(name, "it must be a list of strings") }
      var patterns: [String] = []
      for element in elements {
        guard case .string(let pattern) = element else { throw error(name, "it must be a list of strings") }
        patterns.append(pattern)
      }
      return ModuleExceptions(patterns: patterns + ["lm_head"])
    }
    return .output
  }

  /// A list of two positive integers, rows and columns.
  fileprivate func block(_ field: String) throws(ConfigurationError) -> (rows: Int, columns: Int) {
    guard case .array(let sides) = self[field], sides.count == 2, case .number(let rows) = sides[0],
      case .number(let columns) = sides[1], (1...Double(Limits.hidden)).contains(rows),
      (1...Double(Limits.hidden)).contains(columns), rows == rows.rounded(), columns == columns.rounded()
    else { throw error(field, "it must be a list of two positive integers, at most \(Limits.hidden)") }
    return (Int(rows), Int(columns))
  }

  /// `group_size`, where -1 stands for a whole row.
  private func groupSize(ifMissing missing: Int?) throws(ConfigurationError) -> Int? {
    switch self["group_size"] {
    case nil: missing
    case .number(-1): nil
    default: try positiveInteger("group_size", atMost: Limits.hidden)
    }
  }

  /// `bits`, `group_size` and `zero_point` or `sym`.
  fileprivate func integerGroups() throws(ConfigurationError) -> QuantizedFormat {
    let bits = try positiveInteger("bits", ifMissing: 4, atMost: 16)
    let group = try groupSize(ifMissing: 128)
    let symmetric = try self["sym"] == nil ? !bool("zero_point", ifMissing: true) : bool("sym", ifMissing: false)
    switch bits {
    case 4: return .int4(groupSize: group, zeroBits: symmetric ? 0 : 4)
    case 8:
      return QuantizedFormat(
        .int8, elementBits: 8, groupSize: group, scaleBits: symmetric ? 16 : 24, arithmetic: .ofActivations)
    default: throw error("bits", "it must be 4 or 8")
    }
  }

  /// NF4 or FP4 with a float32 scale for each 64 elements, or one byte and little more with `bnb_4bit_use_double_quant`.
  fileprivate func bitsAndBytes() throws(ConfigurationError) -> QuantizedFormat {
    if try bool("load_in_8bit", ifMissing: false) { return .w8a8 }
    guard try bool("load_in_4bit", ifMissing: false) else {
      throw error("load_in_4bit", "it or load_in_8bit must be true")
    }
    let isDouble = try bool("bnb_4bit_use_double_quant", ifMissing: false)
    return QuantizedFormat(
      .int4, elementBits: 4, groupSize: 64, scaleBits: isDouble ? 8 : 32, arithmetic: .ofActivations)
  }

  /// The first of `config_groups`, or ModelOpt's `quant_algo`.
  fileprivate func scheme() throws(ConfigurationError) -> QuantizedFormat {
    if let algorithm = try string("quant_algo") {
      switch algorithm {
      case "FP8": return .float8
      case "FP8_PER_CHANNEL_PER_TOKEN": return .float8Channels
      case "FP8_PB_WO", "FP8_PB_REAL": return .float8Blocks(rows: 128, columns: 128)
      case "NVFP4": return .nvfp4
      case "W4A16_AWQ": return .int4(groupSize: 128, zeroBits: 0)
      default:
        throw error(
          "quant_algo",
          "it must be one of FP8, FP8_PER_CHANNEL_PER_TOKEN, FP8_PB_WO, NVFP4, W4A16_AWQ")
      }
    }
    guard let groups = try object("config_groups"), let name = groups.names.sorted().first,
      let group = try groups.object(name), let weights = try group.object("weights")
    else { throw error("config_groups", "it must hold a group with weights") }
    let keepsActivations = group["input_activations"] == nil
    let format = try weights.storedWeights()
    return keepsActivations ? format.weightOnly : format
  }

  private func storedWeights() throws(ConfigurationError) -> QuantizedFormat {
    let bits = try positiveInteger("num_bits", atMost: 16)
    let type = try string("type") ?? "int"
    let strategy = try string("strategy") ?? "tensor"
    let group = try groupSize(ifMissing: nil)
    let zeros = try bool("symmetric", ifMissing: true) ? 0 : bits
    switch (type, bits) {
    case ("float", 8):
      switch strategy {
      case "tensor": return .float8
      case "channel": return .float8Channels
      case "block":
        guard self["block_structure"] != nil else { return .float8Blocks(rows: 128, columns: 128) }
        let block = try block("block_structure")
        return .float8Blocks(rows: block.rows, columns: block.columns)
      default: throw error("strategy", "it must be tensor, channel or block")
      }
    case ("float", 4): return group == 32 ? .mxfp4 : .nvfp4
    case ("int", 8):
      return group == nil
        ? .w8a8
        : QuantizedFormat(.int8, elementBits: 8, groupSize: group, scaleBits: 16 + zeros, arithmetic: .of(.int8))
    case ("int", 4): return .int4(groupSize: group, zeroBits: zeros)
    default: throw error("num_bits", "it must be 4 or 8")
    }
  }

  fileprivate func torchAO() throws(ConfigurationError) -> QuantizedFormat {
    switch try string("quant_type") {
    case "int8_weight_only": return .int8
    case "int4_weight_only":
      let group = try object("quant_type_kwargs")?.positiveInteger(
        "group_size", ifMissing: 128, atMost: Limits.hidden)
      return .int4(groupSize: group ?? 128, zeroBits: 16)
    case "int8_dynamic_activation_int8_weight": return .w8a8
    case "float8_weight_only": return QuantizedFormat.float8Channels.weightOnly
    case "float8_dynamic_activation_float8_weight": return .float8
    default:
      throw error(
        "quant_type",
        "it must be one of int8_weight_only, int4_weight_only, int8_dynamic_activation_int8_weight, float8_weight_only, "
          + "float8_dynamic_activation_float8_weight")
    }
  }
}
