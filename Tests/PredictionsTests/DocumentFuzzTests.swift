import Communication
import Foundation
import TestSupport
import Testing
import Uniference

@testable import Predictions

@Suite("Clusters and scenarios of any content")
struct DocumentFuzzTests {
  static let clusters = [
    """
    {"name": "c", "devices": [{"name": "d", "count": 3, "model": "jetson-orin-nano", "speed": 0.9, "memory": "16 GiB",
       "compute_efficiency": 0.4, "launch_overhead": "10 us", "slowdowns": [{"from": "10 s", "until": "20 s", "speed": 0.5}]},
      {"name": "pi", "model": "raspberry-pi-5", "quota": {"share": "50%", "period": "10 ms"}, "compute": "roofline"}],
     "network": {"topology": "switch", "duplex": "half",
       "link": {"bandwidth": "1 Gbps", "latency": "0.5 ms", "jitter": "1 ms", "loss": "1%", "burst": "6000 B",
        "packet": "1500 B"},
       "links": {"pi": {"bandwidth": "100 Mbps"}}, "collectives": {"all_reduce": "double_binary_tree", "otherwise": "gloo"},
       "changes": [{"link": "d-0->switch", "at": "1 ms", "bandwidth": "100 Mbps"},
                   {"link": "switch->d-1", "at": "2 ms", "down_until": "3 ms"}]},
     "failures": [{"device": "pi", "at": "5 s"}]}
    """,
    """
    {"devices": [{"name": "d", "count": 4, "model": "h100-sxm"}],
     "network": {"link": {"bandwidth": "1 Gbps", "latency": "0.5 ms"},
       "transport": {"base": "gloo-tcp", "send": {"per_message": "30 us", "per_byte": "10 GB/s"},
        "receive": {"per_message": "30 us"}, "progress": "4 ms", "send_buffer": "750 kB", "per_collective": "60 us",
        "rendezvous_threshold": "64 KiB", "header": "162 B", "clear_to_send": "98 B", "per_clear_to_send": "5 us",
        "c_state_exit": {"latency": "50 us", "after": "120 us"}, "cold_cache": {"latency": "50 us", "after": "200 us"},
        "sleep_overshoot": "10 us", "shared_cores": 2, "wire_factor": [["1 KiB", 1.2], ["1 MiB", 1.05]],
        "reduce_per_byte": "4 GB/s", "copy_per_byte": "10 GB/s", "per_copy": "20 us"}}}
    """,
    #"""
    {"devices": [{"name": "d", "count": 4, "model": "h100-sxm"}],
     "network": {"topology": "nodes", "devices_per_node": 2, "cards": 1, "inside": {"bandwidth": "450 GB/s"},
       "link": {"bandwidth": "400 Gbps"}, "transport": "nccl"}}
    """#,
    #"""
    {"devices": [{"name": "d", "count": 4, "model": "cpu-server"}],
     "network": {"topology": "graph", "link": {"bandwidth": "1 Gbps"},
       "cables": [{"from": "d-0", "to": "a"}, {"from": "d-1", "to": "a", "kind": "half"}, {"from": "a", "to": "d-2"},
                  {"from": "d-2", "to": "d-3", "bandwidth": "10 Mbps"}, {"from": "d-3", "to": "d-0", "kind": "one-way"}]}}
    """#,
    #"{"devices": [{"count": 4, "model": "mi300x"}], "network": {"topology": "torus", "dimensions": [2, 2], "link": {"bandwidth": "1 Gbps"}}}"#,
    #"{"devices": [{"count": 4, "model": "rtx-4090"}], "network": {"topology": "fat-tree", "arity": 4, "oversubscription": 2, "link": {"bandwidth": "1 Gbps"}}}"#,
    #"{"devices": [{"count": 4, "model": "rtx-4090"}], "network": {"topology": "sites", "hosts_per_site": [1, 3], "wide_area": {"bandwidth": "100 Mbps"}, "link": {"bandwidth": "1 Gbps"}}}"#,
  ]

  @Test("are read and simulated, or refused in one line with file, line and field", arguments: clusters.indices)
  func cluster(index: Int) throws {
    let tree = try DocumentTree(json: Self.clusters[index])
    for seed in Mutations.rounds(250) {
      var mutator = DocumentMutator(seed: seed)
      let text = mutator.mutated(tree).json
      do throws(DocumentError) {
        let cluster = try Cluster(yaml: text, file: "c.yaml")
        if cluster.devices.count <= 16 { simulate(cluster, seed, text) }
      } catch {
        let line = error.description
        #expect(line.hasPrefix("c.yaml:1: ") && !line.contains("\n") && line.count < 2000, "seed \(seed): \(line)")
      }
    }
  }

  /// A little of everything: computing, a message, a collective.
  private func simulate(_ cluster: Cluster, _ seed: UInt64, _ text: String) {
    do {
      let report = try World.simulate(cluster) { rank in
        let matrix = try Tensor(uninitialized: [64, 64], elementType: .float16, on: rank.device, label: "matrix")
        _ = try matrix.matmul(matrix)
        _ = try await rank.world.allReduce(ByteCount(byteCount: 100_000))
        if rank.index == 0, rank.world.size > 1 { try await rank.world.send(ByteCount(byteCount: 5000), to: 1) }
        if rank.index == 1 { _ = try await rank.world.receive(ByteCount.self, from: 0) }
      }
      #expect(report.total_s.isFinite && report.energy_j.isFinite, "seed \(seed): \(text)")
    } catch let failure as RunFailure {
      // A device that fails or has no memory, or time that does not suffice: not the program's deadlock, unless a link is
      // down for good.
      if case .deadlock = failure.cause { #expect(text.contains("never"), "seed \(seed): \(failure)\n\(text)") }
    } catch {
      Issue.record("seed \(seed): \(error)\n\(text)")
    }
  }

  private static let documents = [scenario, serving]
  private static let serving = """
    {"cluster": {"devices": [{"name": "d", "count": 4, "model": "h100-sxm"}],
       "network": {"link": {"bandwidth": "100 Gbps", "latency": "1 us"}}},
     "model": "tiny.json", "runtime": "vllm", "strategy": ["tensor=2", "single"],
     "serving": {"replicas": 2, "router": "least-loaded", "memory": "80%", "scheduler": {"policy": "vllm",
       "max_batched_tokens": 64, "max_sequences": 8, "chunked_prefill": true, "block": 16, "prefix_cache": true,
       "watermark": "1%", "max_length": 500}},
     "workload": {"arrivals": {"gamma": "4 /s", "cv": 2}, "requests": 9, "prompt": {"lognormal": {"median": 9, "p95": 40}},
       "generate": {"uniform": {"from": 1, "to": 9}}, "shared_prefix": {"tokens": 8, "groups": 2}, "warm_up": 1},
     "objective": {"time_to_first_token": "500 ms", "time_per_output_token": "40 ms", "latency": "3 s", "percentile": 99}}
    """
  private static let scenario = """
    {"name": "s", "cluster": {"devices": [{"name": "d", "count": 4, "model": "jetson-orin-nano"}],
       "network": {"link": {"bandwidth": "1 Gbps", "latency": "0.5 ms"}}},
     "model": "tiny.json", "dtype": "float16", "seed": 1, "strategy": ["tensor=2", "pipeline=2", "sequence=3,overlap"],
     "workload": {"prompt": 8, "generate": 3, "batch": 2}}
    """
  private static let model = """
    {"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4,
     "num_key_value_heads": 4, "vocab_size": 64, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
     "torch_dtype": "float16", "hidden_act": "silu", "tie_word_embeddings": false, "rope_theta": 10000.0}
    """

  @Test("scenarios are read, or refused in one line", arguments: documents.indices)
  func scenarios(index: Int) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let (scenario, model) = (try DocumentTree(json: Self.documents[index]), try DocumentTree(json: Self.model))
    for seed in Mutations.rounds(600) {
      var mutator = DocumentMutator(seed: seed)
      let changesModel = seed % 3 == 0
      try (changesModel ? mutator.mutated(model) : model).json.write(
        toFile: folder.path(of: "tiny.json"), atomically: false, encoding: .utf8)
      try (changesModel ? scenario : mutator.mutated(scenario)).json.write(
        toFile: folder.path(of: "s.yaml"), atomically: false, encoding: .utf8)
      do throws(DocumentError) {
        _ = try Scenario(contentsOf: folder.path(of: "s.yaml"))
      } catch {
        let line = error.description
        #expect(!line.contains("\n") && line.count < 3000, "seed \(seed): \(line)")
      }
    }
  }

  @Test("overrides of any content are applied, or refused in one line")
  func overrides() throws {
    let paths = [
      "devices[0].count", "network.link.bandwidth", "a.b.c", "devices.9.x", "network", "", ".", "[]", "a[1", "==",
    ]
    for seed in Mutations.rounds(600) {
      var random = Mutations.Random(seed: seed)
      let values = Mutations.numbers + Mutations.texts + ["[1, 2", "{a: {b: [", "*x", "&x [*x]", "!!int 3"]
      let text = (paths + Mutations.texts).randomElement(using: &random)! + "=" + values.randomElement(using: &random)!
      do throws(DocumentError) {
        _ = try Cluster(yaml: Self.clusters[1], file: "c.yaml", overrides: [DocumentOverride(parsing: text)])
      } catch {
        #expect(!error.description.contains("\n") && error.description.count < 3000, "seed \(seed): \(error)")
      }
    }
  }
}
