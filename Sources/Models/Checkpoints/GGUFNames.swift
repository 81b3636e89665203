/// What GGUF files call the parameters of a Llama, by Hugging Face's names for them.
///
/// Source: llama.cpp, `gguf-py/gguf/tensor_mapping.py` and `convert_hf_to_gguf.py`.
enum GGUFNames {
  private static let model = [
    "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
  ]

  private static let layer = [
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
  ]

  /// `blk.3.attn_q.weight` for `model.layers.3.self_attn.q_proj.weight`.
  ///
  /// - Throws: for a parameter that a Llama does not have.
  static func name(of parameter: String) throws(CheckpointError) -> String {
    let parts = parameter.split(separator: ".").map(String.init)
    let kind = parts.last ?? ""
    let scope = parts.dropLast().joined(separator: ".")
    if let name = model[scope] { return "\(name).\(kind)" }
    if parts.count > 4, parts[0] == "model", parts[1] == "layers",
      let name = layer[parts[3..<parts.count - 1].joined(separator: ".")]
    {
      return "blk.\(parts[2]).\(name).\(kind)"
    }
    throw CheckpointError("GGUF files of Llamas have no parameter '\(parameter)'")
  }

  /// Whether llama.cpp stores the rows of each head in the order of its rotary embedding, which turns neighbours where
  /// Hugging Face's turns the first half of a head against the second.
  static func hasInterleavedHeads(_ parameter: String) -> Bool {
    parameter.contains(".self_attn.q_proj.") || parameter.contains(".self_attn.k_proj.")
  }
}

/// The rows of query and key projections, which a rotary embedding turns in pairs.
struct RotaryRows {
  /// Rows of a head.
  let headSize: Int
  /// Size of a row.
  let rowByteCount: Int

  /// Puts the even rows of each head before its odd ones.
  ///
  /// - Parameter bytes: the rows of whole heads.
  func separateHalves(_ bytes: UnsafeMutableRawBufferPointer) {
    let headByteCount = headSize * rowByteCount
    let head = UnsafeMutableRawBufferPointer.allocate(byteCount: headByteCount, alignment: 64)
    defer { head.deallocate() }
    for start in stride(from: 0, to: bytes.count, by: headByteCount) {
      let rows = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + headByteCount])
      head.copyMemory(from: UnsafeRawBufferPointer(rows))
      for row in 0..<headSize {
        let source = row < headSize / 2 ? 2 * row : 2 * (row - headSize / 2) + 1
        UnsafeMutableRawBufferPointer(rebasing: rows[row * rowByteCount..<(row + 1) * rowByteCount])
          .copyMemory(
            from: UnsafeRawBufferPointer(rebasing: head[source * rowByteCount..<(source + 1) * rowByteCount]))
      }
    }
  }
}
