/// What a GPU says of its architecture when a program asks.
///
/// Sources: NVIDIA's "CUDA GPUs" page and CUDA programming guide for compute capabilities, the architectures' white papers
/// for the number of streaming multiprocessors; AMD's Instinct data sheets for compute units.
public struct GPUArchitecture: Hashable, Sendable {
  /// Major and minor number of the compute capability.
  public let capability: [Int]
  /// Streaming multiprocessors, or compute units.
  public let multiprocessors: Int
  /// Whether it is one of AMD's.
  public var isAMD: Bool { capability == [9, 4] || capability == [9, 5] }

  /// The architecture of a device of the catalogue, or of one that extends it. Where the name does not tell, it is
  /// Ampere's, which most programs are ready for.
  public init(deviceNamed id: String) {
    let known = Self.known.first { id.hasPrefix($0.prefix) }
    capability = known?.capability ?? [8, 0]
    multiprocessors = known?.multiprocessors ?? 108
  }

  private static let known: [(prefix: String, capability: [Int], multiprocessors: Int)] = [
    ("v100", [7, 0], 80), ("rtx-2080", [7, 5], 68), ("a100", [8, 0], 108), ("a10g", [8, 6], 80),
    ("rtx-3070", [8, 6], 46), ("rtx-3090", [8, 6], 82), ("jetson-agx-orin", [8, 7], 16), ("jetson-orin", [8, 7], 8),
    ("l40s", [8, 9], 142), ("l4", [8, 9], 58), ("rtx-4090", [8, 9], 128), ("h100-pcie", [9, 0], 114),
    ("h100", [9, 0], 132), ("h200", [9, 0], 132), ("h20", [9, 0], 78), ("gh200", [9, 0], 132), ("b200", [10, 0], 148),
    ("gb200", [10, 0], 148), ("rtx-5090", [12, 0], 170), ("mi250", [9, 0], 208), ("mi300", [9, 4], 304),
    ("mi325", [9, 4], 304), ("mi355", [9, 5], 256),
  ]
}
