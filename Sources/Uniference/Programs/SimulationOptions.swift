import Communication
import Results
import SimulationKernel

/// How to run a simulation, apart from what it simulates.
public struct SimulationOptions {
  /// The source of all random numbers.
  public var seed: UInt64 = 0
  /// Where to write the run record, a folder `NAME.run`; `nil` for nowhere.
  public var recordPath: String?
  /// Whether a record that stands at ``recordPath`` already stays: this run's record then gets the next free name,
  /// `NAME-2.run`.
  public var keepsEarlierRecords = false
  /// Where to write a Perfetto trace; `nil` for nowhere.
  public var tracePath: String?
  /// What the record says of the run's inputs.
  public var inputs: RunInputs?
  /// By which anybody may end the run.
  public var interruption = Interruption()
  /// Called with the fraction that is done, whenever the program says so.
  public var progress: ((Double) -> Void)?
  /// Told in a line, when the run has ended, of links that stood idle beside those that messages took.
  public var warning: ((String) -> Void)?
  /// Whether collectives that have the network to themselves may be timed at once instead of message by message. The
  /// times are the same; traces and event logs then hold the collectives without their messages.
  public var usesMemoisedTiming = false

  /// How tensors get values; `nil` for shapes alone.
  public var values: ValueOptions?
  /// Where the time of tensor operations comes from.
  public var kernelTimes = KernelTimes.described

  /// More files of the record, with what is in them at the end of the run.
  package var attachments: [(name: String, bytes: () throws -> [UInt8])] = []

  /// Asked at the end of a run that has gone well: whether its record and trace are to be kept.
  package var isWorthKeeping: () -> Bool = { true }

  /// Whether the event log holds what ranks do by themselves in the order in which it begins, for programs that say at
  /// moments of real time what they have done. Others say it in virtual time's order, and it is logged as they do.
  package var logsByTime = false

  /// Where compute time comes from, where that is not what ``kernelTimes`` says.
  package var computeBasis: ComputeBasis?

  /// What records and traces call a collective: its name here, unless the program knows it by another one.
  package var collectiveName: @Sendable (CollectiveOperation) -> String = { $0.rawValue }

  /// A run that leaves nothing behind.
  public init() {}
}
