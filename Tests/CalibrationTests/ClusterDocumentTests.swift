import Foundation
import SimulationKernel
import TestSupport
import Testing
import Uniference

@testable import Calibration

@Suite struct ClusterDocumentTests {
  /// Kernels of a device of 50 GFLOPS in float32, 200 in bfloat16, 10 GB/s and 2 us an operation.
  private static let kernels = [(1e3, 1e3), (1e6, 1e4), (1e8, 1e6), (1e9, 1e6), (1e6, 1e8), (1e4, 1e7)].flatMap {
    (flops, bytes) in
    [("float32", 50e9), ("bfloat16", 200e9)].flatMap { (dtype, rate) in
      [0, 1].map { rank in
        var kernel = Cases.figure(.kernel, nil, ranks: [rank], median: max(flops / rate, bytes / 10e9) + 2e-6)
        (kernel.operation, kernel.shape, kernel.dtype) = ("matmul", [Int(flops), Int(bytes)], dtype)
        (kernel.flops, kernel.moved_bytes) = (flops, bytes)
        return kernel
      }
    }
  }

  private static func kernel(_ kernel: MeasuredFigure, times factor: Double) -> MeasuredFigure {
    var other = Cases.figure(.kernel, nil, ranks: kernel.ranks, median: factor * kernel.median_s)
    (other.operation, other.shape, other.dtype) = (kernel.operation, kernel.shape, kernel.dtype)
    (other.flops, other.moved_bytes) = (kernel.flops, kernel.moved_bytes)
    return other
  }

  private static let calibration = Result {
    try Calibration(fitting: [Cases.measurements(Cases.measured(on: Cases.known) + kernels)])
  }

  private func calibration() throws -> Calibration { try Self.calibration.get() }

  @Test("the file is a cluster")
  func theFileIsACluster() throws {
    let cluster = try Cluster(yaml: ClusterDocument(calibration(), name: "desk of two").text)
    #expect(cluster.name == "desk of two")
    #expect(cluster.devices.map(\.name) == ["desk-0", "desk-1"])
    #expect(abs(Double(cluster.transport.host.send.picosecondsPerMessage) / 37e6 - 1) < 0.02)
    #expect(abs(cluster.transport.host.receive.picosecondsPerByte / 80 - 1) < 0.02)
    #expect(cluster.transport.wire.rendezvousThresholdBytes == 0)
    #expect(cluster.transport.wire.clearToSendBytes == 114)
    #expect(cluster.transport.wire.headerBytes == 162)
    #expect(abs(cluster.transport.wire.factor(2e6) - 1.05) < 0.002)
    guard case .gloo = cluster.collectives else {
      Issue.record("gloo chooses the algorithms")
      return
    }
  }

  @Test("the file says which machine was measured")
  func theFileSaysWhichMachineWasMeasured() throws {
    let measurements = try calibration().measurements
    let cluster = try Cluster(yaml: ClusterDocument(calibration(), name: "desk").text)
    #expect(cluster.network.transportMachine == measurements.machines)
    #expect(cluster.network.transportMachine == "8 x A processor, Linux 6.1")
  }

  @Test("devices have their rates")
  func devicesHaveTheirRates() throws {
    let device = try Cluster(yaml: ClusterDocument(calibration(), name: "desk").text).devices[0].specification
    #expect(abs(device.peak(for: .float32).value.flopsPerSecond / 50e9 - 1) < 0.01)
    #expect(abs(device.peak(for: .bfloat16).value.flopsPerSecond / 200e9 - 1) < 0.01)
    #expect(abs(device.memoryBandwidth.value.bytesPerSecond / 10e9 - 1) < 0.01)
    #expect(abs(device.launchOverhead.value.inSeconds / 2e-6 - 1) < 0.01)
    #expect(device.memory.value.bytes == 16_000_000_000)
  }

  @Test("a slower device of the same kind gets a speed")
  func aSlowerDeviceOfTheSameKindGetsASpeed() throws {
    let slow = Self.kernels.map { $0.ranks == [1] ? Self.kernel($0, times: 2) : $0 }
    let entries = try DeviceEntries(Cases.measurements(slow)).entries
    #expect(entries.map(\.name) == ["desk-rank0", "desk-rank1"])
    #expect(entries.map(\.speed) == [1, 0.5])
  }

  @Test("rates that the measurements hardly tell are named")
  func ratesThatTheMeasurementsHardlyTellAreNamed() throws {
    #expect(try !calibration().remarks.contains { $0.hasPrefix("hardly known") })
    var random = RandomStream(seed: 1, stream: 1)
    let noisy = Self.kernels.map { Self.kernel($0, times: exp(3 * random.nextNormal())) }
    let remarks = try Calibration(fitting: [Cases.measurements(Cases.measured(on: Cases.known) + noisy)]).remarks
    #expect(remarks.contains { $0.hasPrefix("hardly known") && $0.contains("devices[0].memory_bandwidth (") })
  }

  @Test("the transport alone is a profile")
  func theTransportAloneIsAProfile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(ClusterDocument(calibration(), name: "desk").transportText, to: "desk.yaml")
    defer { folder.remove() }
    let cluster = try Cluster(
      yaml: """
        devices: [{model: cpu-server, count: 2}]
        network: {link: {bandwidth: 1 Gbps}, transport: '\(path)'}
        """)
    #expect(abs(Double(cluster.transport.host.send.picosecondsPerMessage) / 37e6 - 1) < 0.02)
  }

  @Test("the same measurements do not drift")
  func theSameMeasurementsDoNotDrift() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(ClusterDocument(calibration(), name: "desk").text, to: "desk.yaml")
    defer { folder.remove() }
    #expect(try FormerFigures(contentsOf: path).drift(to: calibration()) == [])
  }

  @Test("intervals are data beside the file")
  func intervalsAreDataBesideTheFile() throws {
    let calibration = try calibration()
    // Without comments, as a program may have rewritten it.
    let lines = ClusterDocument(calibration, name: "desk").text.split(separator: "\n").map { line in
      line.split(separator: "# ", maxSplits: 1, omittingEmptySubsequences: false)[0]
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(lines.joined(separator: "\n"), to: "desk.yaml")
    let data = FittedParameters.path(besideClusterFile: path)
    defer { folder.remove() }
    try JSONEncoder().encode(FittedParameters(calibration)).write(to: URL(fileURLWithPath: data))

    let latency = try #require(calibration.values.first { $0.key == .link(.latency, cluster: 0) })
    #expect(try FormerFigures(contentsOf: path).former(latency)?.interval == latency.interval)
    #expect(try FormerFigures(contentsOf: path).drift(to: calibration) == [])
  }

  @Test("a figure that has moved is reported")
  func aFigureThatHasMovedIsReported() throws {
    let text = ClusterDocument(try calibration(), name: "desk").text
    let line = try #require(text.split(separator: "\n").first { $0.contains("latency: ") })
    let folder = try TemporaryFolder()
    let path = try folder.write(
      text.replacing(line, with: "    latency: 30 us  # 95%: 28 us to 32 us"), to: "desk.yaml")
    defer { folder.remove() }
    let drift = try FormerFigures(contentsOf: path).drift(to: calibration())
    #expect(drift.count == 1)
    #expect(drift.first?.hasPrefix("network.link.latency was 30 us (28 us to 32 us) and is now 12") == true)
  }

  @Test("the report names every figure")
  func theReportNamesEveryFigure() throws {
    let calibration = try calibration()
    let report = CalibrationReport(calibration)
    for value in calibration.values { #expect(report.text().contains(value.path)) }
    #expect(report.svg.components(separatedBy: "<title>").count == calibration.points.count + 1)
  }
}
