import Documents
import Quantities
import Testing

@testable import Uniference

/// Programs on accelerators behind their hosts: 10 us to dispatch an operation, 1 us for a kernel to begin.
@Suite("Accelerators behind their hosts")
struct HostTimeTests {
  static let engine = """
    name: engine
    processors: [gpu]
    host_per_operation: {value: 10 us, source: assumption}
    launch_gap: {value: 1 us, source: assumption}
    fused: {value: [silu], source: assumption}
    merges_projections: {value: true, source: assumption}
    host_operations: {rmsNorm: {value: 3, source: assumption}}
    """

  /// An operation takes a microsecond for each megaflop, and nothing for its bytes.
  static func cluster(transport: String = "nccl", count: Int = 1) throws -> Cluster {
    var cluster = try Cluster(
      yaml: """
        devices:
          - {name: gpu, count: \(count), model: h100-sxm, peak_float32: 1 TFLOPS, compute_efficiency: 1,
             memory_bandwidth: 1000000 TB/s}
        network: {topology: switch, link: {bandwidth: 1000 TB/s, latency: 0 s}, transport: \(transport)}
        """)
    try cluster.setRuntime(Runtime(document: DocumentText(path: "engine.yaml", text: engine)))
    return cluster
  }

  static func kernel(_ microseconds: Double) -> OperationCost {
    OperationCost(flops: microseconds * 1e6, bytesRead: 0, bytesWritten: 0)
  }

  static func time(_ cluster: Cluster, _ body: @escaping @Sendable (Rank) async throws -> Void) throws -> Double {
    try World.simulate(cluster, body).total_s * 1e6
  }

  @Test("the stretch of short kernels takes its dispatch, that of long ones their execution")
  func maximumAlongTheTimeline() throws {
    let short = try Self.time(Self.cluster()) { rank in
      for _ in 0..<10 { try rank.compute(Self.kernel(2)) }
    }
    #expect(abs(short - 103) < 1e-3)
    let long = try Self.time(Self.cluster()) { rank in
      for _ in 0..<10 { try rank.compute(Self.kernel(40)) }
    }
    #expect(abs(long - 420) < 1e-3)
    // The long one hides the dispatch of four others.
    let mixed = try Self.time(Self.cluster()) { rank in
      try rank.compute(Self.kernel(50))
      for _ in 0..<6 { try rank.compute(Self.kernel(2)) }
    }
    #expect(abs(mixed - 79) < 1e-3)
  }

  @Test(
    "operations that are fused take nothing, projections of the same rows are one kernel, compounds are several calls")
  func fusion() throws {
    @Sendable func rows(_ rank: Rank, _ columns: Int) throws -> Tensor {
      try Tensor(uninitialized: [1, columns], elementType: .float32, on: rank.device, label: "rows")
    }
    let fused = try Self.time(Self.cluster()) { rank in
      let input = try rows(rank, 16)
      for _ in 0..<4 { _ = try input.silu() }
    }
    #expect(fused == 0)
    let products = try Self.time(Self.cluster()) { rank in
      let (input, weight) = (try rows(rank, 16), try rows(rank, 16))
      for _ in 0..<4 { _ = try input.linear(weight, bias: nil).silu() }
    }
    // One dispatch and one launch.
    #expect(abs(products - 11) < 1e-2)
    let norms = try Self.time(Self.cluster()) { rank in
      let (input, weight) = (
        try rows(rank, 16),
        try Tensor(
          uninitialized: [16], elementType: .float32, on: rank.device, label: "weight")
      )
      _ = try input.rmsNorm(weight: weight, epsilon: 1e-5)
    }
    #expect(abs(norms - 31) < 1e-2)
  }

  @Test("NCCL's collectives are put on the stream; a library on the host's processor makes the host wait")
  func collectives() throws {
    @Sendable func program(_ rank: Rank) async throws {
      try rank.compute(Self.kernel(100))
      try await rank.world.barrier()
      for _ in 0..<3 { try rank.compute(Self.kernel(2)) }
    }
    let queued = try Self.time(Self.cluster(count: 2), program)
    let waited = try Self.time(
      Self.cluster(transport: "{base: ideal, send: {per_message: 0.001 us}}", count: 2), program)
    // Queued: begun at 10, 101 long, the barrier and the short kernels come after it without a gap.
    #expect(queued >= 10 + 101 + 3 * 3 && queued < 150)
    // Waited: the host dispatches the short ones only after the barrier.
    #expect(waited > 10 + 101 + 30 && waited < queued + 30)
  }

  @Test(
    "without a runtime an accelerator has its catalogue's launch overhead as dispatch, and a CPU has no host beside it")
  func withoutRuntime() throws {
    let gpu = try Cluster(yaml: "devices: [{model: h100-sxm, launch_overhead: 5 us}]").devices[0].execution
    #expect(gpu.dispatch?.picosecondsPerOperation == 5_000_000 && gpu.launchGap == .zero)
    let cpu = try Cluster(yaml: "devices: [{model: raspberry-pi-5}]").devices[0].execution
    #expect(cpu.dispatch == nil && cpu.launchGap == nil && !cpu.mergesProjections)
  }
}
