/// What is said of models that are not predicted from their configuration.
enum UnsupportedModels {
  /// What stands at the end of each refusal.
  static let alternative = "run the model's own PyTorch code instead (uniference run, Documentation/pytorch.md)"

  /// What a `model_type` is that is none of the families, for the error.
  static func kind(ofType type: String) -> String {
    if let kind = kinds[type] { return kind }
    if type.contains("moe") { return "a mixture of experts" }
    return "a model of another kind"
  }

  /// The field that shows a mixture of experts.
  static func expertField(_ fields: HuggingFaceFields) -> String? {
    ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"].first { fields[$0] != nil }
  }

  private static let kinds: [String: String] = {
    var kinds: [String: String] = [:]
    for (kind, types) in [
      (
        "a mixture of experts",
        [
          "mixtral", "qwen2_moe", "qwen3_moe", "deepseek_v2", "deepseek_v3", "gpt_oss", "olmoe", "dbrx", "jamba",
          "granitemoe", "phimoe", "llama4_text", "ernie4_5_moe", "glm4_moe",
        ]
      ),
      ("an encoder and a decoder", ["t5", "mt5", "bart", "mbart", "pegasus", "m2m_100", "marian", "whisper"]),
      ("a state space model", ["mamba", "mamba2", "falcon_mamba", "rwkv", "recurrent_gemma", "zamba", "zamba2"]),
      (
        "an encoder of another kind",
        [
          "roberta", "xlm-roberta", "distilbert", "albert", "electra", "deberta", "deberta-v2", "mpnet", "modernbert",
          "camembert", "xlnet", "vit", "dinov2", "siglip_vision_model", "siglip_text_model",
        ]
      ),
      ("a model of two towers other than CLIP", ["siglip", "siglip2", "align", "blip", "chinese_clip"]),
      (
        "a model of images and text",
        [
          "gemma3", "llama4", "mllama", "llava", "llava_next", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "idefics3",
          "mistral3", "pixtral", "internvl", "phi4_multimodal", "paligemma", "gemma3n",
        ]
      ),
      (
        "a decoder with learned or other positions",
        ["gpt_neo", "gpt_bigcode", "opt", "mpt", "gptj", "biogpt", "xglm"]
      ),
      (
        "a decoder of another kind",
        [
          "gpt_neox", "falcon", "phi", "stablelm", "cohere", "cohere2", "olmo", "olmo3", "nemotron", "glm", "glm4",
          "chatglm", "baichuan", "minicpm", "minicpm3", "exaone4", "starcoder", "persimmon", "codegen",
        ]
      ),
    ] {
      for type in types { kinds[type] = kind }
    }
    return kinds
  }()
}
