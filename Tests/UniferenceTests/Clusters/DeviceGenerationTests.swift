import Communication
import Devices
import Testing

@testable import Uniference

@Suite("Generations of devices by their names")
struct DeviceGenerationTests {
  @Test("every GPU of NVIDIA and AMD in the catalogue with NCCL or RCCL has one")
  func catalogue() {
    let expected: [(String, GroupLayout.DeviceGeneration?)] = [
      ("a100-sxm-80gb", .ampere), ("h100-sxm", .hopper), ("h100-pcie", .hopper), ("h200-sxm", .hopper), ("l40s", .ada),
      ("rtx-4090", .ada), ("b200", .blackwell), ("gb200-nvl72", .blackwell), ("mi300x", .cdna),
      ("jetson-orin-nano", nil), ("cpu-server", nil), ("mac-m2-ultra", nil),
    ]
    for (name, generation) in expected {
      #expect(GroupLayout.DeviceGeneration(deviceNamed: name) == generation, "\(name)")
    }
  }
}
