import Devices
import Foundation
import Testing

@testable import Uniference

@Suite("Measured kernels of a cluster's devices") struct ClusterKernelTests {
  private func cluster(_ fields: String, model: String = "h100-sxm", in folder: URL? = nil) throws -> Cluster {
    let folder = try folder ?? Self.folder()
    let path = folder.appendingPathComponent("cluster.yaml")
    try "devices: [{model: \(model)\(fields)}]\n".write(to: path, atomically: true, encoding: .utf8)
    return try Cluster(contentsOf: path.path)
  }

  private static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// The program's own tables of a device, as a file of the user's.
  private static func copy(of device: String, into folder: URL, bytes: Int? = nil) throws {
    let tables = try #require(try KernelTables.shipped(for: try DeviceCatalogue.device(device)))
    let data = try Data(contentsOf: URL(fileURLWithPath: tables.path))
    try data.prefix(bytes ?? data.count).write(to: folder.appendingPathComponent("own.kernels"))
  }

  @Test("a device with shipped tables goes by them, unless told otherwise")
  func shipped() throws {
    let device = try cluster("").devices[0]
    #expect(device.kernelTables?.deviceID == "h100-sxm")
    guard case .measured = device.computeModel else {
      Issue.record("\(device.computeModel)")
      return
    }
    let without = try cluster(", kernels: none").devices[0]
    #expect(without.kernelTables == nil)
    guard case .roofline = without.computeModel else {
      Issue.record("\(without.computeModel)")
      return
    }
    #expect(try cluster(", kernels: shipped").devices[0].computeModel == device.computeModel)
    #expect(try cluster(", compute: instant").devices[0].computeModel == .instant)
    #expect(try cluster("", model: "raspberry-pi-5").devices[0].kernelTables == nil)
  }

  @Test("a file beside the cluster file")
  func ownFile() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.copy(of: "l40s", into: folder)
    let device = try cluster(", kernels: own.kernels", model: "l40s", in: folder).devices[0]
    #expect(device.kernelTables?.path == folder.appendingPathComponent("own.kernels").path)
  }

  @Test("tables that cannot be used are one line with file and field")
  func errors() throws {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func message(_ fields: String) throws -> String {
      let error = try #require(throws: (any Error).self) { try cluster(fields, in: folder) }
      #expect(!"\(error)".contains("\n"))
      return "\(error)"
    }
    try Self.copy(of: "l40s", into: folder)
    let other = try message(", kernels: own.kernels")
    #expect(other.contains("cluster.yaml:1: ") && other.contains("kernels"))
    #expect(other.hasSuffix("own.kernels: its tables are of l40s, the device is h100-sxm; give tables of that device"))
    try Self.copy(of: "h100-sxm", into: folder, bytes: 5000)
    #expect(try message(", kernels: own.kernels").contains("own.kernels: it is truncated: it has 5000 bytes"))
    #expect(try message(", kernels: missing.kernels").contains("missing.kernels: cannot be read: No such file"))
    #expect(try message(", kernels: [1]").contains("expected none, shipped, or the path of a file of kernel tables"))
    #expect(try message(", kernels: cluster.yaml").contains("it is not a file of kernel tables"))
  }

  @Test("a runtime with kernels of its own leaves them out")
  func runtimes() throws {
    var device = ClusterDevice(name: "a", try DeviceCatalogue.device("a100-sxm-80gb"))
    #expect(device.kernelTables != nil)
    var own = try Runtime.named("llama.cpp")
    if own.figures.measuredTables == nil {
      var figures = own.figures
      figures.measuredTables = Figure(false, .assumption("its own kernels"))
      own = Runtime(
        name: own.name, summary: own.summary, processors: own.processors, figures: figures, figuresByDevice: [:])
    }
    try device.setRuntime(own)
    #expect(device.kernelTables == nil)
  }
}
