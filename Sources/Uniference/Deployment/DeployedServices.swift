import LibTorch
import Models
import Simulation
import SimulationKernel

/// A rank's services in deployment: the wall clock, and no charge for what is really done.
final class DeployedServices: RankServices {
  let specification: DeviceSpecification
  private let rank: Int
  private let seed: UInt64
  private let clock: WallClock
  private let loop: RankLoop
  private let events: DeployedEvents?

  init(
    rank: Int, specification: DeviceSpecification, seed: UInt64, clock: WallClock, loop: RankLoop,
    events: DeployedEvents?
  ) {
    self.rank = rank
    self.specification = specification
    self.seed = seed
    self.clock = clock
    self.loop = loop
    self.events = events
  }

  var process: LogicalProcess? { nil }
  var simulatedDevice: SimulatedDevice? { nil }
  var now: VirtualTime { clock.now }

  func sleep(until deadline: VirtualTime) async throws {
    try await loop.sleep(until: clock.start + VirtualTime.zero.duration(to: deadline))
  }

  func compute(for duration: Duration, operation: String, isMeasured: Bool) {}

  func compute(_ cost: OperationCost, elementType: ElementType, shape: KernelShape, operation: String) {}

  func end(ofWork duration: Duration) -> VirtualTime { clock.now }

  func random() -> RandomStream { RandomStream(seed: seed, stream: UInt64(rank) + 1) }

  func mark(_ name: String, at time: VirtualTime) { events?.marked(name, at: time) }

  func beginPhase(_ name: String) {}

  func beginLayer(_ layer: ModelPart?) {}

  func noteCall(_ name: String, from start: VirtualTime) {}

  func reportProgress(_ fraction: Double) {}

  func finished() { events?.finished() }
}
