import Uniference

/// What to run on a cluster's devices, and how.
public struct ScriptOptions: Sendable {
  /// How the time of what ranks compute is found.
  public enum Compute: Sendable {
    /// As it is measured here, at the device's speed.
    case measured
    /// As the run record at this path has it.
    case recorded(path: String)
    /// From the costs of torch's operations and the device's figures.
    case roofline
  }

  /// The script's file, or a module's name.
  public var script: String
  /// Whether `script` names a module, as for `python -m`.
  public var isModule = false
  /// The script's own arguments.
  public var arguments: [String] = []
  /// How many ranks; one for each device of the cluster unless given.
  public var rankCount: Int?
  /// See ``Compute``.
  public var compute = Compute.measured
  /// Whether large tensors have no values.
  public var usesFakeTensors = false
  /// Whether asking a tensor without values for one is an error.
  public var refusesStandIns = false
  /// Whether the script uses CUDA, and finds the described GPUs there.
  public var describesGPUs = false
  /// Whether the script's own timers see real time.
  public var usesRealClock = false
  /// How many ranks may compute at once.
  public var parallelRanks = 1
  /// Whether standard error, which must be a terminal, shows how far the run is.
  public var showsProgress = false

  /// A script without arguments.
  public init(script: String) { self.script = script }
}

extension ScriptOptions.Compute {
  /// - Throws: what keeps a recording from being read.
  func mode() throws -> ComputeMode {
    switch self {
    case .measured: .measured
    case .recorded(let path): .recorded(try ComputeRecording(contentsOf: path))
    case .roofline: .roofline
    }
  }
}

extension ComputeMode {
  /// What a reader has to know of compute times that are found so.
  func basis(on cluster: Cluster) -> ComputeBasis {
    switch self {
    case .measured: .measured(on: cluster)
    case .recorded(let recording): .recorded(in: recording.path, recording.origin, on: cluster)
    case .roofline: .roofline
    }
  }
}
