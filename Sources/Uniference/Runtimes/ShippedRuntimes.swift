import Documents
import Inputs
import Quantities

extension Runtime {
  /// The runtimes that come with the program, by name.
  public static let shipped: [Runtime] = shippedDocuments.map { read($0.name, $0.bytes) }

  private static func read(_ name: String, _ bytes: [UInt8]) -> Runtime {
    let text = DocumentText(path: "\(name).yaml", text: String(decoding: bytes, as: UTF8.self))
    do throws(DocumentError) {
      return try Runtime(document: text)
    } catch {
      preconditionFailure("a shipped runtime is wrong: \(error)")
    }
  }

  private static let shippedDocuments: [(name: String, bytes: [UInt8])] = [
    ("compiled", PackageResources.compiled_yaml),
    ("cuda-graphs", PackageResources.cuda_graphs_yaml),
    ("distributed-llama", PackageResources.distributed_llama_yaml),
    ("eager", PackageResources.eager_yaml),
    ("faster-transformer", PackageResources.faster_transformer_yaml),
    ("gpt-fast", PackageResources.gpt_fast_yaml),
    ("llama.cpp", PackageResources.llama_cpp_yaml),
    ("mlc-llm", PackageResources.mlc_llm_yaml),
    ("ollama", PackageResources.ollama_yaml),
    ("sglang", PackageResources.sglang_yaml),
    ("sglang-server", PackageResources.sglang_server_yaml),
    ("tensorrt-edge", PackageResources.tensorrt_edge_yaml),
    ("tensorrt-llm", PackageResources.tensorrt_llm_yaml),
    ("tensorrt-llm-0.6", PackageResources.tensorrt_llm_0_6_yaml),
    ("tensorrt-llm-server", PackageResources.tensorrt_llm_server_yaml),
    ("vllm", PackageResources.vllm_yaml),
    ("vllm-server", PackageResources.vllm_server_yaml),
  ]

  /// The shipped runtime of this name.
  ///
  /// - Throws: with the nearest name and what is allowed.
  public static func named(_ name: String) throws(RuntimeError) -> Runtime {
    guard let document = shippedDocuments.first(where: { $0.name == name }) else {
      throw RuntimeError(
        unknownNameMessage("runtime", name, allowed: shippedDocuments.map(\.name))
          + ", or the path of a file, NAME.yaml")
    }
    return read(document.name, document.bytes)
  }
}
