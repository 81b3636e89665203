import Devices
import Testing
import Uniference

/// Phases that programs name, in reports.
@Suite struct PhaseTests {
  private let cluster = Cluster(
    devices: .cpuServer, count: 2,
    network: .switch(bandwidth: .gigabitsPerSecond(8), latency: .milliseconds(1)))

  @Test("phases follow one another and count their own computing")
  func phasesFollowOneAnotherAndCountTheirOwnComputing() throws {
    let report = try World.simulate(cluster) { rank in
      rank.beginPhase("load")
      try rank.compute(for: .milliseconds(3 * (rank.index + 1)))
      rank.beginPhase("work")
      try rank.compute(for: .milliseconds(1))
      try await rank.world.barrier()
      rank.beginPhase("end")
    }
    for (rank, device) in report.devices.enumerated() {
      let phases = try #require(device.phases)
      #expect(phases.map(\.name) == ["load", "work", "end"])
      #expect(phases[0].start_s == 0 && phases[0].end_s == 0.003 * Double(rank + 1))
      #expect(phases[0].busy_s == 0.003 * Double(rank + 1))
      #expect(phases[1].start_s == phases[0].end_s && phases[1].busy_s == 0.001)
      #expect(phases[1].end_s > phases[1].start_s + 0.001)
      #expect(phases[2].start_s == phases[1].end_s && phases[2].busy_s == 0)
    }
  }

  @Test("a program without phases reports none")
  func aProgramWithoutPhasesReportsNone() throws {
    let report = try World.simulate(cluster) { rank in try rank.compute(for: .milliseconds(1)) }
    #expect(report.devices.allSatisfy { $0.phases == nil })
  }
}
