import Hosts
import Quantities
import SimulationKernel

/// The streams of a rank's accelerator and the host thread that gives them work, for programs that use several.
///
/// Here the rank's process clock is neither's: it is moved to where the rank meets others, and what lies between is kept
/// in clocks of the host and of each stream. Where a communication has to be joined before the simulation's present, since
/// the rank has waited for the values of a later one meanwhile, it is joined now.
public final class DeviceStreams {
  private let host: HostThread
  private let process: LogicalProcess
  private var clocks: StreamClocks
  /// How much of an operation's dispatch each of the following operations takes the host, in thousandths: none where
  /// they are kernels of a graph, and less than all where they are kernels of a compiled program.
  public var dispatchThousandths: Int64 = 1000
  /// Until when copies keep the link to the host busy, by direction.
  private var linkEnds: [HostCopy.Direction: Int64] = [:]
  /// Streams on which the communication library works, by group.
  private var libraryClocks: [Int: Int64] = [:]

  init(host: HostThread, process: LogicalProcess) {
    self.host = host
    self.process = process
    clocks = StreamClocks(at: process.now.picoseconds)
  }

  /// When the host will have dispatched all operations so far. What the program's own timers read.
  public var hostTime: VirtualTime { host.time }

  /// Dispatches an operation.
  ///
  /// - Returns: when the stream begins it.
  func dispatch(on stream: StreamClocks.Stream) -> VirtualTime {
    VirtualTime(picoseconds: host.dispatch(thousandths: dispatchThousandths, behind: clocks[stream]))
  }

  /// Has the host launch a graph, which takes it as long as the dispatch of an operation.
  public func launchGraph() { _ = host.dispatch(thousandths: 1000, behind: 0) }

  /// Copies between the memories of host and device, behind what the stream has been given and what the link carries.
  ///
  /// A copy from or to memory that is not pinned goes through a buffer of the driver, for which the host waits.
  ///
  /// - Parameter picoseconds: how long the copy takes the link.
  func copy(_ copy: HostCopy, taking picoseconds: Int64, on stream: StreamClocks.Stream) {
    let start = max(host.dispatch(thousandths: 1000, behind: clocks[stream]), linkEnds[copy.direction, default: 0])
    let end = Picoseconds.sum(start, picoseconds)
    clocks[stream] = end
    linkEnds[copy.direction] = end
    if !copy.isPinned { host.wait(until: end) }
  }

  /// Notes when a stream will have executed an operation.
  func end(on stream: StreamClocks.Stream, at time: VirtualTime) { clocks[stream] = time.picoseconds }

  /// See ``StreamClocks/record(_:on:)``.
  public func record(_ event: StreamClocks.Event, on stream: StreamClocks.Stream) { clocks.record(event, on: stream) }

  /// See ``StreamClocks/wait(_:for:)``.
  public func wait(_ stream: StreamClocks.Stream, for event: StreamClocks.Event) { clocks.wait(stream, for: event) }

  /// When an event happens; `nil` if it has not been recorded.
  public func time(of event: StreamClocks.Event) -> VirtualTime? {
    clocks.time(of: event).map(VirtualTime.init(picoseconds:))
  }

  // MARK: The host

  /// Has the host wait until a stream has executed what it has been given; all of them, and the communication library's,
  /// where it is `nil`.
  public func synchronizeHost(withStream stream: StreamClocks.Stream?) {
    host.wait(until: stream.map { clocks[$0] } ?? latest)
  }

  private var latest: Int64 { libraryClocks.values.reduce(clocks.latest, max) }

  /// Has the host wait for an event.
  public func synchronizeHost(withEvent event: StreamClocks.Event) {
    if let time = clocks.time(of: event) { host.wait(until: time) }
  }

  /// Does something that the host does with others: asks, sleeps, communicates without the accelerator. The host has
  /// waited for it where the process has.
  public func onHost<Result>(_ body: () async throws -> Result) async throws -> Result {
    let start = max(host.time, process.engine.now)
    process.setClock(to: start)
    defer { if process.now > start { host.wait(until: process.now.picoseconds) } }
    return try await body()
  }

  // MARK: The communication library

  /// Moves the process's clock to where a call of the communication library can begin: behind what the stream has been
  /// given, and behind the library's former calls in the group.
  public func beginCall(ofGroup group: Int, behind stream: StreamClocks.Stream) {
    let ready = max(clocks[stream], libraryClocks[group, default: 0])
    process.setClock(to: max(VirtualTime(picoseconds: ready), process.engine.now))
  }

  /// Notes when a call has ended, or began if it has not been waited for.
  public func noteCall(ofGroup group: Int, at time: VirtualTime) {
    libraryClocks[group] = max(libraryClocks[group, default: 0], time.picoseconds)
  }

  /// Moves the process's clock to where a stream waits for a communication. See ``endWait(on:)``.
  public func beginWait(on stream: StreamClocks.Stream) {
    process.setClock(to: VirtualTime(picoseconds: clocks[stream]))
  }

  /// The communication has ended at the process's clock, and the stream goes on.
  public func endWait(on stream: StreamClocks.Stream) { clocks.wait(stream, until: process.now.picoseconds) }

  /// Moves the process's clock to where host and streams have done everything, at the program's end.
  public func finish() {
    host.wait(until: latest)
    process.setClock(to: max(host.time, process.engine.now))
  }
}
