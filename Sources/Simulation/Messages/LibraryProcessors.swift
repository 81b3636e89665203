import Network
import Quantities
import SimulationKernel

/// The processors on which hosts do what their communication library needs: starting collectives, sending, taking up what
/// has arrived.
///
/// A host usually has one for it. Where hosts share the cores of one machine (``TransportProfile/sharedCores``), work waits
/// for a core that is free. Who asks first is served first, and a thread keeps its core until its work is done, as the
/// real-time scheduling of a testbed has it (SCHED_FIFO). A core that has rested takes time to wake up.
final class LibraryProcessors {
  /// Whether hosts wait for each other's work.
  let areShared: Bool
  /// Whether what arrives may have to wait for a core that rests.
  let mayRest: Bool
  /// Whether what work takes depends on what has been done before.
  var remembers: Bool { !isPlain || !cold.isZero }
  /// Whether work only takes its time.
  private let isPlain: Bool
  private let engine: Engine
  private let waking: DelayAfter
  private let cold: DelayAfter
  /// When each shared core will be free, in picoseconds; none where every host has its own.
  private var coreFreeTimes: [Int64]
  /// When the work of each rank's library has last ended, where that matters and ranks have cores of their own.
  private var hostFreeTimes: [Int64] = []
  /// When each rank's own core will have woken up for what last came while it rested, where that matters.
  private var awakeTimes: [Int: Int64] = [:]
  /// When each rank has last called its library, where that matters.
  private var lastCalls: [Int: Int64] = [:]

  init(engine: Engine, profile: TransportProfile) {
    self.engine = engine
    waking = profile.waking
    cold = profile.cold
    areShared = profile.sharedCores != nil
    mayRest = !profile.waking.isZero
    isPlain = !areShared && !mayRest
    coreFreeTimes = Array(repeating: 0, count: profile.sharedCores ?? 0)
  }

  /// When work of a rank's library will be done that can begin at `time`. O(cores).
  @inline(__always)
  func end(ofWork picoseconds: Int64, by rank: Int, from time: Int64) -> Int64 {
    if isPlain { return Picoseconds.sum(time, picoseconds) }
    return endWithMemory(ofWork: picoseconds, by: rank, from: time)
  }

  private func endWithMemory(ofWork picoseconds: Int64, by rank: Int, from time: Int64) -> Int64 {
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

  /// What a rank's call at `time` takes longer, because the rank has computed since it last called or came back.
  func coldDelay(of rank: Int, at time: Int64) -> Int64 {
    guard !cold.isZero else { return 0 }
    let process = engine.processes[rank]
    let rested = process.lastRest?.upperBound.picoseconds ?? 0
    let began = max(rested, process.lastReturn.picoseconds, lastCalls[rank] ?? 0)
    lastCalls[rank] = time
    return cold.delay(after: time - began)
  }

  /// When a rank's core can attend to what has arrived at `time`: at once, unless it has to wake up first, or is about to.
  func attentionTime(of rank: Int, at time: Int64) -> Int64 {
    guard mayRest else { return time }
    if areShared {
      return Picoseconds.sum(time, waking.delay(after: time - coreFreeTimes[coreForWork(at: time)]))
    }
    if let awake = awakeTimes[rank], awake > time { return awake }
    let delay = waking.delay(after: time - beginOfRest(of: rank, at: time))
    let awake = Picoseconds.sum(time, delay)
    if delay > 0 { awakeTimes[rank] = awake }
    return awake
  }

  /// When work will be done that has arrived for a rank at `time`, to which its core may have to wake up.
  func end(ofArrivalsWork picoseconds: Int64, by rank: Int, at time: Int64) -> Int64 {
    end(ofWork: picoseconds, by: rank, from: attentionTime(of: rank, at: time))
  }

  /// Since when a rank's own core has had nothing to do.
  private func beginOfRest(of rank: Int, at time: Int64) -> Int64 {
    let process = engine.processes[rank]
    var began = process.now.picoseconds
    if let rest = process.lastRest, rest.upperBound.picoseconds > time { began = rest.lowerBound.picoseconds }
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
