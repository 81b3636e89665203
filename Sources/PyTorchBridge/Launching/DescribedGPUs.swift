import Devices
import Inputs
import Uniference

/// The GPUs that each of a script's processes sees: those of its described machine.
struct DescribedGPUs: Encodable {
  /// How many there are for each process.
  let count: Int
  /// How many processes run on each machine.
  let ranks_per_machine: Int
  let name: String
  let total_memory_bytes: Int
  /// What of it driver and context take.
  let context_bytes: Int
  /// NVIDIA's compute capability, or AMD's generation.
  let capability: [Int]
  let multiprocessors: Int
  let is_amd: Bool

  /// The GPUs of a cluster.
  ///
  /// - Parameter rankCount: how many of them have a rank; each process sees all of its machine.
  /// - Throws: ``LaunchError`` where devices are no GPUs, are of several kinds, or machines are of several sizes: CUDA
  ///   tells of devices by their index, and torchrun starts as many ranks on each machine.
  init(of cluster: Cluster, rankCount: Int) throws {
    let specification = cluster.devices[0].specification
    if let other = cluster.devices.first(where: { $0.specification.processor != .gpu }) {
      throw LaunchError(
        """
        --gpu: \(other.name) is \(other.specification.processor.withArticle), not a GPU; describe GPUs, or leave \
        --gpu out and have the script use the CPU
        """)
    }
    if let other = cluster.devices.first(where: { $0.specification.id != specification.id }) {
      throw LaunchError(
        """
        --gpu: \(other.name) is a \(other.specification.displayName), and others are \(specification.displayName); \
        one kind of GPU is possible
        """)
    }
    let nodes = cluster.nodeOfRank
    let sizes = Dictionary(grouping: nodes.prefix(rankCount)) { $0 }.values.map(\.count)
    let size = sizes.max() ?? 1
    guard sizes.filter({ $0 != size }).count <= 1 else {
      throw LaunchError("--gpu: machines have \(sizes.sorted()) GPUs; torchrun starts as many ranks on each machine")
    }
    // Devices that nothing says to be in one machine are in machines of their own: then each process sees one.
    count = nodes.count { $0 == nodes[0] }
    ranks_per_machine = size
    name = specification.displayName
    total_memory_bytes = specification.memory.value.bytes
    context_bytes = specification.reservedMemory.value.bytes
    let architecture = GPUArchitecture(deviceNamed: specification.id)
    capability = architecture.capability
    multiprocessors = architecture.multiprocessors
    is_amd = architecture.isAMD
  }
}
