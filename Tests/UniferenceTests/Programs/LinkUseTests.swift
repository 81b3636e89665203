import Devices
import Models
import Network
import Testing
import Uniference

/// What the report says of the busiest links.
@Suite struct LinkUseTests {
  private func report(_ strategy: ParallelStrategy, quick: Bool) throws -> SimulationReport {
    let configuration = try #require(LlamaConfiguration.preset("smollm2-135m"))
    let workload = try LlamaWorkload(promptLength: 16, generatedTokenCount: 4)
    let program = try LlamaProgram(
      configuration: configuration, strategy: strategy, workload: workload, speeds: [1, 1, 1])
    var options = SimulationOptions()
    options.usesMemoisedTiming = quick
    let cluster = Cluster(
      devices: .jetsonOrinNano, count: 3,
      network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(100)))
    return try World.simulate(cluster, options: options) { rank in _ = try await program.run(in: rank.modelContext) }
  }

  /// Bytes cross a link whether they are played message by message or not, and every payload byte crosses two links.
  @Test(
    "the shortcut counts the same bytes",
    arguments: [ParallelStrategy.tensor(3), .pipeline(3), .sequence(degree: 3, overlapped: true)])
  func theShortcutCountsTheSameBytes(strategy: ParallelStrategy) throws {
    let (quick, slow) = (try report(strategy, quick: true), try report(strategy, quick: false))
    let (first, second) = (try #require(quick.links), try #require(slow.links))
    #expect(first.map(\.name) == second.map(\.name) && quick.used_links == slow.used_links)
    for (own, other) in zip(first, second) { #expect(abs(own.bytes - other.bytes) <= 1e-6 * other.bytes) }
    #expect(abs(second.reduce(0) { $0 + $1.bytes } - 2 * Double(slow.bytes_sent)) < 1)
    #expect(second.allSatisfy { $0.name.contains("jetson-orin-nano-") && $0.bytes_per_second == 1.25e8 })
    #expect(zip(second, second.dropFirst()).allSatisfy { $0.share_of_capacity >= $1.share_of_capacity })
  }
}
