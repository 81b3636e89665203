import LibTorch
import Results

/// How to run one rank of a program for real, as a member of a process group of PyTorch Distributed.
public struct DeploymentOptions: Sendable {
  /// The name under which this process knows the group: `process_group.group_name` in Python.
  public var groupName: String
  /// libtorch.
  public var library: TorchLibrary
  /// Its name of the device that this rank computes on: `cpu`, `cuda:0`, `mps`.
  public var deviceName = "cpu"
  /// The group's ranks that run this program; `nil` for all. The others may be plain PyTorch.
  public var programRanks: Set<Int>?
  /// The source of all random numbers.
  public var seed: UInt64 = 0
  /// Where rank 0 writes the run record, a folder `NAME.run`; `nil` for nowhere. All ranks say the same.
  public var recordPath: String?
  /// What the record says of the run's inputs.
  public var inputs: RunInputs?
  /// The cluster that the ranks run on, for the figures and names of their devices.
  public var cluster: Cluster?

  /// A run that leaves nothing behind.
  public init(groupName: String, library: TorchLibrary) {
    self.groupName = groupName
    self.library = library
  }
}

/// What one rank's deployment has found.
public struct DeploymentReport: Sendable {
  /// The rank.
  public let rank: Int
  /// From the common start to this rank's end.
  public let total: Duration
  /// Time spent computing, as far as it was measured: in runs that are recorded.
  public let busy: Duration
  /// The most memory that this rank's tensors took at any time.
  public let peakMemory: DataSize
  /// Floating-point operations computed by this rank.
  public let flops: Double
}
