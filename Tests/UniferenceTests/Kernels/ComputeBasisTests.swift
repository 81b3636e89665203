import Devices
import Results
import Testing
import Uniference

/// What summaries say of where compute time comes from.
@Suite struct ComputeBasisTests {
  private func cluster(_ devices: [(String, DeviceSpecification, Double)]) throws -> Cluster {
    Cluster(
      devices: try devices.map { ClusterDevice(name: $0.0, $0.1, speed: try SpeedProfile(scale: $0.2)) },
      network: .switch(bandwidth: .gigabitsPerSecond(1)))
  }

  @Test("names the processor and the speed")
  func namesTheProcessorAndTheSpeed() throws {
    let basis = ComputeBasis.measured(
      on: try cluster([("a", .cpuServer, 1), ("b", .cpuServer, 1)]), processor: "Testium 9", kind: .cpu)
    #expect(basis.description == "measured here, on Testium 9, at speed 1")
    #expect(basis.warnings.isEmpty)
    #expect(basis.energyDescription.hasSuffix("is the compute time measured here, on Testium 9, at speed 1."))
  }

  @Test("names unequal speeds with their devices")
  func namesUnequalSpeedsWithTheirDevices() throws {
    let basis = ComputeBasis.measured(
      on: try cluster([("slow", .cpuServer, 0.25), ("fast", .cpuServer, 2), ("as-slow", .cpuServer, 0.25)]),
      processor: "Testium 9", kind: .cpu)
    #expect(basis.description == "measured here, on Testium 9, at speed 2 (fast), 0.25 (slow, as-slow)")
  }

  @Test(
    "warns of other kinds of processors",
    arguments: [
      (DeviceSpecification.h100SXM, 1.0, ProcessorKind.cpu, true), (.h100SXM, 30, .cpu, true),
      (.h100SXM, 1, .gpu, false),
      (.raspberryPi5, 1, .cpu, true), (.raspberryPi5, 0.2, .cpu, false), (.raspberryPi5, 1, .embeddedCPU, false),
      (.cpuServer, 1, .cpu, false), (.cpuServer, 1, .embeddedCPU, true), (.jetsonOrinNano, 1, .embeddedCPU, true),
    ])
  func warnsOfOtherKindsOfProcessors(
    device: DeviceSpecification, speed: Double, machine: ProcessorKind, isWarned: Bool
  ) throws {
    let basis = ComputeBasis.measured(on: try cluster([("x", device, speed)]), processor: "Testium 9", kind: machine)
    #expect(basis.warnings.count == (isWarned ? 1 : 0))
    for warning in basis.warnings {
      #expect(warning.hasPrefix("\(device.displayName) computes on \(device.processor.withArticle) (x), but"))
      #expect(warning.contains("Testium 9") && warning.contains("--compute roofline"))
    }
  }

  @Test("one warning for each kind of device")
  func oneWarningForEachKindOfDevice() throws {
    let devices = (0..<5).map { ("gpu-\($0)", DeviceSpecification.h100SXM, 1.0) } + [("pi", .raspberryPi5, 1)]
    let basis = ComputeBasis.measured(on: try cluster(devices), processor: "Testium 9", kind: .cpu)
    #expect(basis.warnings.count == 2)
    #expect(basis.warnings.contains { $0.contains("(gpu-0, gpu-1, gpu-2 and 2 more)") })
  }

  @Test("a recording warns by where it was measured")
  func aRecordingWarnsByWhereItWasMeasured() throws {
    let gpus = try cluster([("x", .h100SXM, 1)])
    let former = RunCompute(source: "measured", processor: "Testium 9", processorKind: "cpu")
    #expect(ComputeBasis.recorded(in: "a.run", former, on: gpus).warnings.count == 1)
    #expect(
      ComputeBasis.recorded(in: "a.run", former, on: gpus).description
        == "as recorded in a.run, measured on Testium 9, at speed 1")
    #expect(ComputeBasis.recorded(in: "a.run", nil, on: gpus).warnings.isEmpty)
    #expect(ComputeBasis.recorded(in: "a.run", nil, on: gpus).description == "as recorded in a.run, at speed 1")
  }

  @Test("this machine has a processor")
  func thisMachineHasAProcessor() {
    #expect(!MachineDescription.processor.isEmpty)
    #expect(MachineDescription.current.contains(MachineDescription.processor))
  }
}
