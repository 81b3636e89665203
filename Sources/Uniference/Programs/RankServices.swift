import Simulation
import SimulationKernel

/// What a rank asks of the world that it runs in: simulation or deployment.
protocol RankServices: AnyObject, Sendable {
  /// The device's figures.
  var specification: DeviceSpecification { get }

  /// Time since the run began, on the rank's clock.
  var now: VirtualTime { get }

  /// Suspends until the rank's clock has reached an instant.
  func sleep(until deadline: VirtualTime) async throws

  /// Computes for a known time; `isMeasured` where another machine has measured it.
  func compute(for duration: Duration, operation: String, isMeasured: Bool) throws

  /// Computes something whose cost is known.
  func compute(_ cost: OperationCost, elementType: ElementType, operation: String) throws

  /// A stream of random numbers of the rank's own.
  func random() -> RandomStream

  /// Marks a moment in log and trace.
  func mark(_ name: String, at time: VirtualTime)

  /// Begins a phase of the program now.
  func beginPhase(_ name: String)

  /// Tells how much of the run is done.
  func reportProgress(_ fraction: Double)

  /// Notes that the program has ended.
  func finished()

  /// The rank in the kernel; `nil` in deployment.
  var process: LogicalProcess? { get }
}

/// A rank's services in simulation.
///
/// Sendable without checks because it is used only by the rank's own tasks, on the engine's thread.
final class SimulatedServices: RankServices, @unchecked Sendable {
  private let logicalProcess: LogicalProcess
  private let accounts: SimulatedDevice
  private let events: RunEvents
  private var phaseAccount = PhaseAccount()

  init(process: LogicalProcess, accounts: SimulatedDevice, events: RunEvents) {
    logicalProcess = process
    self.accounts = accounts
    self.events = events
  }

  var process: LogicalProcess? { logicalProcess }
  var specification: DeviceSpecification { accounts.specification }
  var now: VirtualTime { logicalProcess.now }

  func sleep(until deadline: VirtualTime) async throws { try await logicalProcess.clock.sleep(until: deadline) }

  func compute(for duration: Duration, operation: String, isMeasured: Bool) throws {
    try accounts.compute(for: duration, operation: operation, isMeasured: isMeasured)
  }

  func compute(_ cost: OperationCost, elementType: ElementType, operation: String) throws {
    try accounts.compute(cost, elementType: elementType, operation: operation)
  }

  func random() -> RandomStream { logicalProcess.random() }

  func mark(_ name: String, at time: VirtualTime) { events.marked(rank: logicalProcess.id, name: name, time: time) }

  func beginPhase(_ name: String) { phaseAccount.begin(name, at: now, busy: accounts.busyTime) }

  /// The program's phases so far.
  var phases: [SimulationReport.Phase]? { phaseAccount.report(until: now, busy: accounts.busyTime) }

  func reportProgress(_ fraction: Double) { events.progress?(fraction) }

  func finished() { events.finished(rank: logicalProcess.id, time: now) }
}
