import Models
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
  func compute(_ cost: OperationCost, elementType: ElementType, shape: KernelShape, operation: String) throws

  /// What the rank's clock would read after so much work at the device's normal speed. Charges nothing.
  func end(ofWork duration: Duration) -> VirtualTime

  /// A stream of random numbers of the rank's own.
  func random() -> RandomStream

  /// Marks a moment in log and trace.
  func mark(_ name: String, at time: VirtualTime)

  /// Begins a phase of the program now.
  func beginPhase(_ name: String)

  /// Begins a part of a model now, and ends the one before; `nil` only ends it.
  func beginLayer(_ layer: ModelPart?)

  /// Notes a call of a script that has just returned.
  func noteCall(_ name: String, from start: VirtualTime)

  /// Tells how much of the run is done.
  func reportProgress(_ fraction: Double)

  /// Notes that the program has ended.
  func finished()

  /// The rank in the kernel; `nil` in deployment.
  var process: LogicalProcess? { get }

  /// The rank's device in simulation; `nil` in deployment.
  var simulatedDevice: SimulatedDevice? { get }
}

/// A rank's services in simulation.
///
/// Sendable without checks because it is used only by the rank's own tasks, on the engine's thread.
final class SimulatedServices: RankServices, @unchecked Sendable {
  private let logicalProcess: LogicalProcess
  private let accounts: SimulatedDevice
  private let events: RunEvents
  private let spans: RunSpans?
  private var phaseAccount = PhaseAccount()
  private var layer: (part: ModelPart, start: VirtualTime)?

  init(process: LogicalProcess, accounts: SimulatedDevice, events: RunEvents, spans: RunSpans?) {
    logicalProcess = process
    self.accounts = accounts
    self.events = events
    self.spans = spans
  }

  var process: LogicalProcess? { logicalProcess }
  var simulatedDevice: SimulatedDevice? { accounts }
  var specification: DeviceSpecification { accounts.specification }
  var now: VirtualTime { logicalProcess.now }

  func sleep(until deadline: VirtualTime) async throws {
    try await logicalProcess.clock.sleep(until: deadline)
    accounts.synchronize()
  }

  func compute(for duration: Duration, operation: String, isMeasured: Bool) throws {
    try accounts.compute(for: duration, operation: operation, isMeasured: isMeasured)
  }

  func compute(_ cost: OperationCost, elementType: ElementType, shape: KernelShape, operation: String) throws {
    try accounts.compute(cost, elementType: elementType, shape: shape, operation: operation)
  }

  func end(ofWork duration: Duration) -> VirtualTime { accounts.end(ofWork: duration) }

  func random() -> RandomStream { logicalProcess.random() }

  func mark(_ name: String, at time: VirtualTime) { events.marked(rank: logicalProcess.id, name: name, time: time) }

  func beginPhase(_ name: String) {
    endPhase()
    phaseAccount.begin(name, at: now, busy: accounts.busyTime)
  }

  private func endPhase() {
    beginLayer(nil)
    guard let spans, let (name, start) = phaseAccount.present else { return }
    spans.add(.phase, rank: logicalProcess.id, name, from: start, to: now)
  }

  func beginLayer(_ part: ModelPart?) {
    guard let spans else { return }
    if let layer {
      spans.add(
        .layer, rank: logicalProcess.id, layer.part.name, number: layer.part.number, from: layer.start, to: now)
    }
    layer = part.map { ($0, now) }
  }

  func noteCall(_ name: String, from start: VirtualTime) {
    spans?.add(.call, rank: logicalProcess.id, name, from: start, to: now)
  }

  /// Ends what the program is in, at its end or the run's.
  func endSpans() {
    endPhase()
    phaseAccount.end()
  }

  /// The program's phases so far.
  var phases: [SimulationReport.Phase]? { phaseAccount.report(until: now, busy: accounts.busyTime) }

  func reportProgress(_ fraction: Double) { events.progress?(fraction) }

  func finished() {
    endSpans()
    events.finished(rank: logicalProcess.id, time: now)
  }
}
