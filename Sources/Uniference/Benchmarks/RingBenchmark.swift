import Communication
import Network
import Quantities
import Simulation
import SimulationKernel

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The engine's own speed: one ring all-reduce among many devices on one switch, every message a flow through the
/// fair-sharing network, each device starting at another time within the first millisecond.
public struct RingBenchmark: Sendable {
  /// Enough messages for a steady rate.
  public static let defaultMessageLimit = 8_000_000

  /// Number of devices.
  public let ranks: Int
  /// Each rank's buffer.
  public let bytes: Int
  /// After about how many messages the run is stopped; 0 for never. A whole all-reduce among n devices has 2 n (n - 1)
  /// messages, 20 billion for 100 000.
  public let messageLimit: Int

  /// What a run has measured.
  public struct Result: Codable, Sendable {
    /// Number of devices.
    public let ranks: Int
    /// Messages handed to the network.
    public let messages: Int
    /// Whether the all-reduce came to its end.
    public let is_complete: Bool
    /// Events dispatched for each message.
    public let events_per_message: Double
    /// Seconds from the making of the devices to the end.
    public let wall_s: Double
    /// Messages over wall time.
    public let messages_per_second: Double
    /// Virtual seconds until the last device ended.
    public let simulated_s: Double
    /// Flows whose rates had to be solved; none in a ring on a switch.
    public let flows_solved: Int
    /// The most memory that the whole process has had resident.
    public let peak_rss_bytes: Int
  }

  private static let bytesPerSecond = 125e6
  private static let cableLatency = Duration.microseconds(50)
  private static let staggerPicoseconds: UInt64 = 1_000_000_000

  /// A ring of that many devices.
  public init(ranks: Int, bytes: Int = 4_000_000, messageLimit: Int = defaultMessageLimit) {
    self.ranks = ranks
    self.bytes = bytes
    self.messageLimit = messageLimit
  }

  /// Runs the benchmark; its wall time includes the making of the devices.
  public func run() throws -> Result {
    let start = ContinuousClock.now
    let link = Link(bytesPerSecond: Self.bytesPerSecond, latency: Self.cableLatency)
    let world = SimulatedWorld(topology: try Topology.singleSwitch(hosts: ranks, link: link))
    spawnRanks(in: world)
    let isComplete = try play(world)
    let wall = (ContinuousClock.now - start).inSeconds
    let statistics = world.network.statistics
    return Result(
      ranks: ranks, messages: statistics.messages, is_complete: isComplete,
      events_per_message: Double(world.engine.eventCount) / Double(max(1, statistics.messages)), wall_s: wall,
      messages_per_second: Double(statistics.messages) / wall, simulated_s: world.engine.endTime.seconds,
      flows_solved: statistics.flowsSolved, peak_rss_bytes: Self.peakResidentBytes())
  }

  private func spawnRanks(in world: SimulatedWorld) {
    let payload = ByteCount(byteCount: bytes)
    let body: @Sendable (any Communicator) async throws -> Void = { _ = try await $0.allReduce(payload) }
    world.spawnAll(
      context: { process, communicator in
        process.compute(picoseconds: Self.stagger(of: process))
        return communicator
      }, body)
  }

  /// - Returns: whether the all-reduce came to its end before the limit.
  private func play(_ world: SimulatedWorld) throws -> Bool {
    if let end = endOfLimitedRun { world.engine.call(at: end) { world.engine.interrupt() } }
    do {
      try world.run()
      return true
    } catch {
      guard case .interrupted = error else { throw error }
      return false
    }
  }

  /// When about as many messages have been sent as are wanted; `nil` when that is all of them.
  private var endOfLimitedRun: VirtualTime? {
    let steps = (messageLimit + ranks - 1) / ranks
    guard messageLimit > 0, steps < 2 * (ranks - 1) else { return nil }
    let step = 2 * Self.cableLatency.inSeconds + Double(bytes) / Double(ranks) / Self.bytesPerSecond
    return VirtualTime(seconds: Double(Self.staggerPicoseconds) * 1e-12 + Double(steps) * step)
  }

  private static func stagger(of process: LogicalProcess) -> Int64 {
    var random = process.random()
    return Int64(random.next() % staggerPicoseconds)
  }

  /// The most memory that this process has had resident at any time.
  public static func peakResidentBytes() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss
    #else
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss * 1024
    #endif
  }
}
