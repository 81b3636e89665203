import Devices
import Documents
import Foundation
import Quantities
import Testing

@testable import Uniference

@Suite("Documents of runtimes")
struct RuntimeDocumentTests {
  static func read(_ yaml: String) throws -> Runtime {
    try Runtime(document: DocumentText(path: "engine.yaml", text: yaml))
  }

  @Test("every shipped runtime reads, has the name of its document, and a source for each figure")
  func shipped() throws {
    let needed = [
      "eager", "compiled", "cuda-graphs", "gpt-fast", "vllm", "sglang", "tensorrt-llm", "tensorrt-llm-0.6",
      "tensorrt-edge", "faster-transformer", "llama.cpp", "distributed-llama", "ollama",
    ]
    #expect(Set(needed).isSubset(of: Runtime.shipped.map(\.name)))
    for runtime in Runtime.shipped {
      #expect(try Runtime.named(runtime.name) == runtime)
      let entries = runtime.figures.entries + runtime.figuresByDevice.values.flatMap(\.entries)
      #expect(entries.count >= 4 && entries.allSatisfy { $0.source.count > 8 }, "\(runtime.name)")
      #expect(runtime.figures.allReduce != nil, "\(runtime.name) says how it adds up")
    }
  }

  @Test("a device's figures go before its kind's, and those before the common ones")
  func precedence() throws {
    let runtime = try Self.read(
      """
      name: engine
      processors: [gpu, cpu]
      launch_gap: {value: 1 us, source: "assumption: common"}
      host_per_step: {value: 1 ms, source: a paper}
      gemv_bandwidth: {16_bit: {value: 50%, source: x}, 4_bit: {value: 40%, source: x}}
      devices:
        h100-*: {host_per_operation: {value: 4 us, source: y}, launch_gap: {value: 9 us, source: y}}
        gpu: {launch_gap: {value: 2 us, source: y}, gemv_bandwidth: {16_bit: {value: 60%, source: y}}}
        h100-sxm: {launch_gap: {value: 3 us, source: z}}
      """)
    func figures(_ id: String) throws -> RuntimeFigures { runtime.figures(for: try DeviceCatalogue.device(id)) }
    #expect(try figures("cpu-server").launchGap?.value == .microseconds(1))
    #expect(try figures("l40s").launchGap?.value == .microseconds(2))
    #expect(try figures("h100-sxm").launchGap?.value == .microseconds(3))
    #expect(try figures("h100-sxm").matrixVector.mapValues(\.value.value) == [.sixteen: 0.6, .four: 0.4])
    #expect(try figures("h100-pcie").launchGap?.value == .microseconds(9))
    #expect(try figures("h100-sxm").hostPerOperation?.value == .microseconds(4))
    #expect(try figures("h100-sxm").hostPerStep?.value == .milliseconds(1))
    #expect(
      runtime.figures.launchGap?.source.kind == .assumption && runtime.figures.hostPerStep?.source.kind == .datasheet)
  }

  @Test("a runtime says whether vocabularies are divided, keys are shared, and what a request takes")
  func newFigures() throws {
    let runtime = try Self.read(
      """
      name: engine
      processors: [gpu]
      host_per_step: {value: 1 ms, source: x}
      host_per_request: {value: 3 ms, source: x}
      divides_vocabulary: {value: false, source: x}
      shares_grouped_keys: {value: false, source: x}
      """)
    #expect(
      runtime.figures.entries.map(\.field) == [
        "host_per_step", "host_per_request", "divides_vocabulary", "shares_grouped_keys",
      ])
    #expect(!runtime.figures.efficiencies.sharesGroupedKeys && RuntimeFigures().efficiencies.sharesGroupedKeys)
    var cluster = try Cluster(yaml: "devices: [{model: h100-sxm, count: 2}]\nnetwork: {link: {bandwidth: 1 Gbps}}")
    #expect(cluster.dividesVocabulary)
    try cluster.setRuntime(runtime)
    #expect(!cluster.dividesVocabulary)
    #expect(cluster.devices[0].execution.dispatch?.picosecondsPerRequest == 3_000_000_000)
    // Without one, the first step is as all others.
    try cluster.setRuntime(Self.read("name: e\nprocessors: [gpu]\nhost_per_step: {value: 1 ms, source: x}"))
    #expect(cluster.devices[0].execution.dispatch?.picosecondsPerRequest == 1_000_000_000)
  }

  @Test("a document may start from a shipped runtime")
  func base() throws {
    let own = try Self.read("name: mine\nbase: vllm\nlaunch_gap: {value: 7 us, source: measured here}")
    let vllm = try Runtime.named("vllm")
    #expect(own.name == "mine" && own.processors == vllm.processors)
    #expect(own.figures.launchGap?.value == .microseconds(7) && own.figures.fused == vllm.figures.fused)
    #expect(own.figuresByDevice == vllm.figuresByDevice)
  }

  @Test(
    "what is wrong is said with file, line, field and what is allowed",
    arguments: [
      (
        "name: a\nprocessors: [gpu]\nlaunch_gpa: 3",
        "engine.yaml:3: launch_gpa: unknown field \"launch_gpa\": did you mean"
      ),
      (
        "name: a\nprocessors: [gpu]\nlaunch_gap: 3 us",
        "engine.yaml:3: launch_gap: expected a mapping of a figure's fields"
      ),
      ("name: a\nprocessors: [gpu]\nlaunch_gap: {value: 3 us}", "engine.yaml:3: launch_gap.source: is missing"),
      ("name: a\nprocessors: [gpu]\nlaunch_gap: {value: 3 V, source: x}", "engine.yaml:3: launch_gap.value: "),
      ("name: a\nprocessors: [gpu]\nlaunch_gap: {value: -3 us, source: x}", "engine.yaml:3: launch_gap.value: "),
      (
        "name: a\nprocessors: [gpux]", "engine.yaml:2: processors[0]: unknown processor \"gpux\": did you mean \"gpu\"?"
      ),
      ("name: a\nprocessors: []", "engine.yaml:2: processors: the list is empty"),
      ("name: a", "engine.yaml:1: processors: is missing"),
      ("processors: [gpu]", "engine.yaml:1: name: is missing"),
      ("name: a\nbase: vlm", "engine.yaml:2: base: unknown runtime \"vlm\": did you mean \"vllm\"?"),
      (
        "name: a\nprocessors: [gpu]\nfused: {value: [silo], source: x}",
        "engine.yaml:3: fused.value[0]: unknown operation \"silo\": did you mean \"silu\"?"
      ),
      (
        "name: a\nprocessors: [gpu]\ngemv_bandwidth:\n  5_bit: {value: 1, source: x}",
        "engine.yaml:4: gemv_bandwidth.5_bit: unknown entry \"5_bit\": did you mean"
      ),
      (
        "name: a\nprocessors: [gpu]\ngemm_arithmetic: {float17: {value: 1, source: x}}",
        "engine.yaml:3: gemm_arithmetic.float17: unknown entry \"float17\": did you mean \"float16\"?"
      ),
      (
        "name: a\nprocessors: [gpu]\ngemm_arithmetic: {float16: {value: 250%, source: x}}",
        "engine.yaml:3: gemm_arithmetic.float16.value: "
      ),
      (
        "name: a\nprocessors: [gpu]\nall_reduce: {value: costum, source: x}",
        "engine.yaml:3: all_reduce.value: unknown all-reduce \"costum\": did you mean \"custom\"?"
      ),
      (
        "name: a\nprocessors: [gpu]\ndevices:\n  h100-smx: {launch_gap: {value: 1 us, source: x}}",
        "engine.yaml:4: devices.h100-smx: unknown device \"h100-smx\": did you mean \"h100-sxm\"?"
      ),
      (
        "name: a\nprocessors: [gpu]\nhost_operations: {rmsNorm: {value: 0, source: x}}",
        "engine.yaml:3: host_operations.rmsNorm.value: \"0\" is not allowed"
      ),
    ])
  func mistakes(yaml: String, beginning: String) {
    let error = #expect(throws: DocumentError.self) { try Self.read(yaml) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(beginning), "\(text)")
    #expect(!text.contains("\n"))
  }

  @Test("a runtime that a device cannot have is refused with those that it can")
  func wrongDevice() throws {
    var cluster = try Cluster(yaml: "devices: [{model: raspberry-pi-5}]")
    let error = #expect(throws: RuntimeError.self) { try cluster.setRuntime(.named("tensorrt-llm")) }
    let text = error?.description ?? ""
    #expect(
      text.hasPrefix("tensorrt-llm runs on a GPU, and raspberry-pi-5 computes on an embedded CPU; allowed there: "))
    #expect(text.contains("llama.cpp") && !text.contains("vllm"))
  }
}
