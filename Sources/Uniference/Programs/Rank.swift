import Models
import Simulation
import SimulationKernel

/// One rank of a run as its program sees it: who it is, its device, its clock, and the others.
///
/// Sendable without checks because it is used only by the rank's own tasks, which run one at a time.
public final class Rank: @unchecked Sendable {
  /// This rank's position in the world, `0..<worldSize`.
  public let index: Int
  /// All ranks.
  public let world: any Communicator
  /// Where this rank's tensors live; what computing costs is charged to it.
  public let device: any TensorDevice
  /// The rank in the kernel, for sessions whose programs run elsewhere.
  package let process: LogicalProcess
  private let accounts: SimulatedDevice
  private let events: RunEvents

  init(
    process: LogicalProcess, communicator: any Communicator, device: any TensorDevice, accounts: SimulatedDevice,
    events: RunEvents
  ) {
    index = process.id
    world = communicator
    self.device = device
    self.process = process
    self.accounts = accounts
    self.events = events
  }

  /// Number of ranks.
  public var worldSize: Int { world.size }

  /// The device's figures.
  public var specification: DeviceSpecification { accounts.specification }

  /// This rank's clock. Sleeping on it moves it and waits for nobody.
  public var clock: VirtualClock { process.clock }

  /// Time since the run began, on this rank's clock.
  public var now: Duration { VirtualTime.zero.duration(to: process.now) }

  /// Computes for a known time, which the device's speed stretches.
  public func compute(for duration: Duration, operation: String = "compute") throws {
    try accounts.compute(for: duration, operation: operation)
  }

  /// Computes for a time that was measured on another machine; the record keeps it as it was measured.
  package func compute(measured duration: Duration, operation: String) throws {
    try accounts.compute(for: duration, operation: operation, isMeasured: true)
  }

  /// Computes something whose cost is known.
  public func compute(_ cost: OperationCost, elementType: ElementType = .float32, operation: String = "compute") throws
  {
    try accounts.compute(cost, elementType: elementType, operation: operation)
  }

  /// A stream of random numbers of this rank's own, the same in every run of the same seed.
  public func random() -> RandomStream { process.random() }

  /// Marks a moment, now unless given, in the event log and the trace.
  public func mark(_ name: String, at time: Duration? = nil) {
    events.marked(rank: index, name: name, time: time.map { VirtualTime.zero.advanced(by: $0) } ?? process.now)
  }

  /// Says how much of the run is done, for whoever shows progress.
  public func reportProgress(_ fraction: Double) { events.progress?(fraction) }

  /// Notes that the program has ended.
  func finished() { events.finished(rank: index, time: process.now) }

  /// What a model needs to know of this rank.
  public var modelContext: ModelContext {
    ModelContext(device: device, communicator: world, now: { self.now }, reportProgress: reportProgress)
  }
}
