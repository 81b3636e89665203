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
/// fair-sharing network, each device starting at another time.
public struct RingBenchmark: Sendable {
  public let ranks: Int
  /// Each rank's buffer.
  public let bytes: Int

  public struct Result: Codable, Sendable {
    public let ranks: Int
    public let messages: Int
    public let events: Int
    public let wall_s: Double
    public let messages_per_second: Double
    public let simulated_s: Double
    public let flows_solved: Int
    public let peak_rss_bytes: Int
  }

  public init(ranks: Int, bytes: Int = 4_194_304) {
    self.ranks = ranks
    self.bytes = bytes
  }

  public func run() throws -> Result {
    let topology = try Topology.singleSwitch(
      hosts: ranks, link: Link(bandwidth: Bandwidth(bitsPerSecond: 1e9), latency: .microseconds(50)))
    let world = SimulatedWorld(topology: topology)
    let start = ContinuousClock.now
    let payload = ByteCount(byteCount: bytes)
    let body: @Sendable (Member) async throws -> Void = { member in
      member.process.compute(picoseconds: Self.stagger(of: member.process))
      _ = try await member.communicator.allReduce(payload)
    }
    for _ in 0..<ranks { world.spawn(context: Member.init, body) }
    let steps = max(1, 2_000_000 / ranks)
    let step = 100e-6 + Double(bytes) / Double(ranks) / 125e6
    if steps < 2 * (ranks - 1) {
      world.engine.call(at: VirtualTime(seconds: 1e-3 + Double(steps) * step)) { world.engine.interrupt() }
    }
    do {
      try world.engine.run()
    } catch {
      guard case .interrupted = error else { throw error }
    }
    let wall = (ContinuousClock.now - start).inSeconds
    let messages = world.network.statistics.messages
    return Result(
      ranks: ranks, messages: messages, events: world.engine.eventCount, wall_s: wall,
      messages_per_second: Double(messages) / wall, simulated_s: world.engine.endTime.seconds,
      flows_solved: world.network.statistics.flowsSolved, peak_rss_bytes: Self.peakResidentBytes())
  }

  private struct Member {
    let process: LogicalProcess
    let communicator: any Communicator
  }

  /// When a rank starts: anywhere in the first millisecond.
  private static func stagger(of process: LogicalProcess) -> Int64 {
    var random = process.random()
    return Int64(random.next() % 1_000_000_000)
  }

  static func peakResidentBytes() -> Int {
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

/// A payload that is only a size.
public struct ByteCount: Payload {
  public let elementCount: Int
  public var elementByteCount: Int { 1 }
  public var elementName: String { "bytes" }

  public init(byteCount: Int) { elementCount = byteCount }

  public func elements(in range: Range<Int>) -> ByteCount { ByteCount(byteCount: range.count) }

  public static func concatenating(_ parts: [ByteCount]) -> ByteCount {
    ByteCount(byteCount: parts.reduce(0) { $0 + $1.elementCount })
  }

  public static func reducing(_ contributions: [ByteCount], with reduction: ReductionOperator) -> ByteCount {
    contributions[0]
  }
}
