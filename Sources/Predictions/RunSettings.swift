import SimulationKernel
import Uniference

/// How a scenario's experiments are run, apart from what they are.
public struct RunSettings {
  /// Where the record of a single experiment goes; `runs/` and a name of its own unless given.
  public var recordPath: String?
  /// Whether records are written at all.
  public var writesRecords = true
  /// Where the trace of a single experiment goes, if any.
  public var tracePath: String?
  /// Whether collectives that have the network to themselves may be timed at once.
  public var usesMemoisedTiming = true
  /// How tensors get values.
  public var values: ValueOptions?
  /// Where the time of tensor operations comes from.
  public var kernelTimes = KernelTimes.described

  /// Told in a line of links that stood idle beside those that messages took, once for all experiments.
  public var warning: ((String) -> Void)?
  /// By which anybody may end the runs.
  public var interruption = Interruption()
  /// Called with the share of all experiments that is done, and the strategy that is being tried.
  public var progress: ((_ fraction: Double, _ strategy: String) -> Void)?

  /// Settings for a run of shapes.
  public init() {}
}
