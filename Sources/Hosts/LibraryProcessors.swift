import Quantities
import SimulationKernel

/// The cores on which the hosts' communication library works: starts collectives, sends, and takes up what has arrived.
///
/// A host usually has one for it. Where hosts share the cores of one machine (``HostModel/sharedCores``), work waits
/// for a free core. Cores are given in order of request, and a thread keeps its core until its work is done, as under the
/// real-time scheduling of a testbed (SCHED_FIFO). A core that has been idle has a C-state exit latency.
public final class LibraryProcessors {
  /// Whether hosts wait for each other's work.
  public let areShared: Bool
  /// Whether what arrives may have to wait for an idle core to leave its C-state.
  public let mayBeIdle: Bool
  /// Whether a piece of work's time depends on what has been done before.
  public var remembers: Bool { !isPlain || !coldCache.isZero }
  /// Whether work only takes its time.
  @usableFromInline let isPlain: Bool
  private let engine: Engine
  private let cStateExit: DelayAfter
  private let coldCache: DelayAfter
  /// When each shared core will be free, in picoseconds; none where every host has its own.
  private var coreFreeTimes: [Int64]
  /// When the work of each rank's library has last ended, where that matters and ranks have cores of their own.
  private var hostFreeTimes: [Int64] = []
  /// When each rank's own core will have left its C-state for what last came while it was idle, where that matters.
  private var exitTimes: [Int: Int64] = [:]
  /// When each rank has last called its library, where that matters.
  private var lastCalls: [Int: Int64] = [:]

  /// The cores of the hosts of an engine's processes.
  public init(engine: Engine, model: HostModel) {
    self.engine = engine
    cStateExit = model.cStateExit
    coldCache = model.coldCache
    areShared = model.sharedCores != nil
    mayBeIdle = !model.cStateExit.isZero
    isPlain = !areShared && !mayBeIdle
    coreFreeTimes = Array(repeating: 0, count: model.sharedCores ?? 0)
  }

  /// When work of a rank's library will be done that can begin at `time`. O(cores).
  @inlinable @inline(__always)
  public func end(ofWork picoseconds: Int64, by rank: Int, from time: Int64) -> Int64 {
    if isPlain { return Picoseconds.sum(time, picoseconds) }
    return endWithMemory(ofWork: picoseconds, by: rank, from: time)
  }

  @usableFromInline func endWithMemory(ofWork picoseconds: Int64, by rank: Int, from time: Int64) -> Int64 {
    guard areShared else {
      let end = Picoseconds.sum(time, picoseconds)
      noteWork(of: rank, until: end)
      return end
    }
    guard picoseconds > 0 else { return time }
    let core = coreForWork(at: time)
    let end = Picoseconds.sum(max(time, coreFreeTimes[core]), picoseconds)
    coreFreeTimes[core] = end
    return end
  }

  /// The cold-cache penalty of a rank's call at `time`: the rank has computed since its last call began or returned.
  public func coldCacheDelay(of rank: Int, at time: Int64) -> Int64 {
    guard !coldCache.isZero else { return 0 }
    let process = engine.processes[rank]
    let began = max(process.lastReturn.picoseconds, lastCalls[rank] ?? 0)
    lastCalls[rank] = time
    return coldCache.delay(after: time - began)
  }

  /// When a rank's core takes up what has arrived at `time`: at once, unless it has to leave a C-state first.
  public func timeOfProgress(of rank: Int, at time: Int64) -> Int64 {
    guard mayBeIdle else { return time }
    if areShared {
      return Picoseconds.sum(time, cStateExit.delay(after: time - coreFreeTimes[coreForWork(at: time)]))
    }
    if let exit = exitTimes[rank], exit > time { return exit }
    let delay = cStateExit.delay(after: time - beginOfIdleness(of: rank))
    let exit = Picoseconds.sum(time, delay)
    if delay > 0 { exitTimes[rank] = exit }
    return exit
  }

  /// When work will be done that has arrived for a rank at `time`, C-state exit latency included.
  public func end(ofArrivalsWork picoseconds: Int64, by rank: Int, at time: Int64) -> Int64 {
    end(ofWork: picoseconds, by: rank, from: timeOfProgress(of: rank, at: time))
  }

  /// Since when a rank's own core has been idle: a process that waits has stopped its clock where it began to.
  private func beginOfIdleness(of rank: Int) -> Int64 {
    let began = engine.processes[rank].now.picoseconds
    return rank < hostFreeTimes.count ? max(began, hostFreeTimes[rank]) : began
  }

  /// The core that was last at work among those that are free, or the one that is free first.
  private func coreForWork(at time: Int64) -> Int {
    let free = coreFreeTimes.indices.filter { coreFreeTimes[$0] <= time }
    if let warmest = free.max(by: { coreFreeTimes[$0] < coreFreeTimes[$1] }) { return warmest }
    return coreFreeTimes.indices.min { coreFreeTimes[$0] < coreFreeTimes[$1] } ?? 0
  }

  private func noteWork(of rank: Int, until end: Int64) {
    if rank >= hostFreeTimes.count {
      hostFreeTimes += Array(repeating: 0, count: rank + 1 - hostFreeTimes.count)
    }
    hostFreeTimes[rank] = max(hostFreeTimes[rank], end)
  }
}
