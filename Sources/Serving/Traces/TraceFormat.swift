/// The format of a trace of requests.
public enum TraceFormat: String, CaseIterable, Hashable, Sendable {
  /// Azure's traces of LLM inference (Patel et al., "Splitwise", 2024): `TIMESTAMP,ContextTokens,GeneratedTokens`.
  case azure
  /// BurstGPT (Wang et al., 2024): `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type`; requests without
  /// an answer are left out.
  case burstGPT
  /// Mooncake (Qin et al., 2024): a JSON object a line, with the hashes of the prompt's blocks of 512 tokens.
  case mooncake

  /// The format of a file that begins with this line.
  init?(firstLine: String) {
    if firstLine.hasPrefix("{") {
      self = .mooncake
    } else if firstLine.contains("ContextTokens") {
      self = .azure
    } else if firstLine.contains("Request tokens") {
      self = .burstGPT
    } else {
      return nil
    }
  }

  /// The field that says when a request arrives.
  var timeField: String {
    switch self {
    case .azure: "TIMESTAMP"
    case .burstGPT: "Timestamp"
    case .mooncake: "timestamp"
    }
  }

  /// The fields of lengths, of prompts and of outputs.
  var lengthFields: (prompt: String, output: String) {
    switch self {
    case .azure: ("ContextTokens", "GeneratedTokens")
    case .burstGPT: ("Request tokens", "Response tokens")
    case .mooncake: ("input_length", "output_length")
    }
  }
}
