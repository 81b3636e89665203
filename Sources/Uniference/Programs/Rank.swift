import Models
import Simulation
import SimulationKernel

@_exported import struct SimulationKernel.RandomStream
@_exported import struct SimulationKernel.VirtualTime

extension Rank: ModelPlace {
  /// Begins a part of a model and ends the one before; `nil` only ends it.
  public func begin(_ part: ModelPart?) { services.beginLayer(part) }
}

/// One rank of a run as its program sees it: who it is, its device, its clock, and the others. A program need not find
/// out whether it is simulated or deployed.
///
/// Sendable without checks because it is used only by the rank's own tasks, which run one at a time.
public final class Rank: @unchecked Sendable {
  /// This rank's position in the world, `0..<worldSize`.
  public let index: Int
  /// All ranks.
  public let world: any Communicator
  /// Where this rank's tensors live; what computing costs is charged to it.
  public let device: any TensorDevice
  private let services: any RankServices

  init(communicator: any Communicator, device: any TensorDevice, services: any RankServices) {
    index = communicator.rank
    world = communicator
    self.device = device
    self.services = services
  }

  /// Number of ranks.
  public var worldSize: Int { world.size }

  /// The device's figures. In deployment those that the host was given for this rank, or a server's.
  public var specification: DeviceSpecification { services.specification }

  /// The rank in the kernel, for sessions whose programs run elsewhere; `nil` in deployment.
  package var process: LogicalProcess? { services.process }

  /// The device in simulation, for programs that run elsewhere or count stretches that they know; `nil` in deployment.
  package var simulatedDevice: SimulatedDevice? { services.simulatedDevice }

  /// This rank's clock. In simulation, sleeping on it moves it and waits for nobody.
  public var clock: RankClock { RankClock(services) }

  /// Time since the run began, on this rank's clock. In deployment all ranks' clocks begin at a common barrier.
  public var now: Duration { VirtualTime.zero.duration(to: services.now) }

  /// Computes for a known time, which the device's speed stretches. In deployment it does nothing: work is real there.
  public func compute(for duration: Duration, operation: String = "compute") throws {
    try services.compute(for: duration, operation: operation, isMeasured: false)
  }

  /// Computes for a time that was measured on another machine; the record keeps it as it was measured.
  package func compute(measured duration: Duration, operation: String) throws {
    try services.compute(for: duration, operation: operation, isMeasured: true)
  }

  /// What the clock would read after so much work at the device's normal speed. Charges nothing.
  package func end(ofWork duration: Duration) -> VirtualTime { services.end(ofWork: duration) }

  /// Computes something whose cost is known. In deployment it does nothing: work is real there.
  ///
  /// - Parameter shape: the kernel that it is; measured tables know times by it.
  public func compute(
    _ cost: OperationCost, elementType: ElementType = .float32, shape: KernelShape = .other,
    operation: String = "compute"
  ) throws {
    try services.compute(cost, elementType: elementType, shape: shape, operation: operation)
  }

  /// A stream of random numbers of this rank's own, the same in every run of the same seed, simulated or deployed.
  public func random() -> RandomStream { services.random() }

  /// Marks a moment, now unless given, in the event log and the trace.
  public func mark(_ name: String, at time: Duration? = nil) {
    services.mark(name, at: time.map { VirtualTime.zero.advanced(by: $0) } ?? services.now)
  }

  /// Ends the present phase of this rank's program and begins another one. Reports tell the phases apart. In deployment
  /// it does nothing.
  public func beginPhase(_ name: String) { services.beginPhase(name) }

  /// Notes a call of a script that has just returned.
  package func noteCall(_ name: String, from start: VirtualTime) { services.noteCall(name, from: start) }

  /// Says how much of the run is done, for whoever shows progress.
  public func reportProgress(_ fraction: Double) { services.reportProgress(fraction) }

  /// Notes that the program has ended.
  func finished() { services.finished() }

  /// What a model needs to know of this rank.
  public var modelContext: ModelContext {
    ModelContext(device: device, communicator: world, now: { self.now }, reportProgress: reportProgress, place: self)
  }
}
