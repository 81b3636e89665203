import Models
import SimulationKernel
import Uniference

/// One run of a served load: the router, the engines' schedulers, and the arrivals, in the order of virtual time.
///
/// Decisions are made at events of the engine, so that each sees what has happened before it and nothing else: at the arrival
/// of a request, and at the end of a replica's iteration. Arrivals of an instant come before ends of iterations.
///
/// Sendable without checks because it is used only by ranks and events of one simulation, which run one at a time on its
/// thread.
public final class ServingSession: @unchecked Sendable {
  private let program: ServingProgram
  private var hosts: [ReplicaHost] = []
  private var source: RequestSource?
  private var engine: Engine?
  private var readyCount = 0
  private var unservedCount = 0
  /// What is served; `nil` until all replicas have started.
  public private(set) var system: ServingSystem?
  /// Told which share of the requests has been served.
  private var reportProgress: (Double) -> Void = { _ in }

  /// A session of one run.
  public init(_ program: ServingProgram) {
    self.program = program
    hosts = (0..<program.replicaCount).map { ReplicaHost(number: $0, memberCount: program.tensor, session: self) }
  }

  func host(of replica: Int) -> ReplicaHost { hosts[replica] }

  /// - Parameter report: told which share of the requests has been served.
  public func reportProgress(to report: @escaping (Double) -> Void) { reportProgress = report }

  // MARK: Beginning

  /// A replica's ranks are all there.
  func isReady(_ engine: Engine) {
    self.engine = engine
    readyCount += 1
    guard readyCount == hosts.count else { return }
    begin(engine)
  }

  private func begin(_ engine: Engine) {
    let blockCounts = hosts.map(\.blockCount)
    system = ServingSystem(
      program.settings, blockCounts: blockCounts, router: program.router, load: program.load,
      maximumLength: program.configuration.maximumPositionCount, seed: engine.seed)
    for host in hosts { host.decideOnMemory(others: hosts.filter { $0 !== host }) }
    for host in hosts { host.releaseMembers(at: engine.now) }
    do throws(TraceError) {
      source = try RequestSource(program.load, seed: engine.seed)
      if let concurrency = source?.concurrency {
        for _ in 0..<concurrency { try admitNext(after: engine.now) }
        endIfDone()
      } else {
        try scheduleNextArrival()
      }
    } catch {
      fail(error)
    }
  }

  // MARK: Arrivals

  /// Has the next request of an open load arrive in its time.
  private func scheduleNextArrival() throws(TraceError) {
    guard let engine, let request = try source?.next() else { return endIfDone() }
    unservedCount += 1
    engine.call(at: max(request.arrival, engine.now), priority: .traffic) { [weak self] in
      self?.arrive(request)
    }
  }

  private func arrive(_ request: ServingRequest) {
    do throws(TraceError) { try scheduleNextArrival() } catch { return fail(error) }
    add(request)
    endIfDone()
  }

  /// Has a user of a closed loop ask again.
  private func admitNext(after completion: VirtualTime) throws(TraceError) {
    while let request = try source?.next(after: completion) {
      unservedCount += 1
      // Who is refused asks something else.
      if add(request) { return }
    }
  }

  @discardableResult
  private func add(_ request: ServingRequest) -> Bool {
    guard let replica = system?.assign(request) else {
      unservedCount -= 1
      return false
    }
    let entry = hosts[replica].entry(at: max(request.arrival, engine?.now ?? .zero))
    guard let engine, entry > engine.now else {
      enter(request, replica)
      return true
    }
    engine.call(at: entry, priority: .traffic) { [weak self] in self?.enter(request, replica) }
    return true
  }

  /// A request comes to the scheduler of its replica.
  private func enter(_ request: ServingRequest, _ replica: Int) {
    system?.enter(request, replica)
    hosts[replica].hasWork()
  }

  // MARK: Iterations

  /// The next iteration of a replica; `nil` where it has nothing to do.
  func begin(_ replica: Int, at time: VirtualTime) -> BatchShape? { system?.begin(replica, at: time) }

  /// A replica's iteration has ended.
  func end(_ replica: Int, at time: VirtualTime, isRemembered: Bool) {
    if isRemembered { system?.noteRemembered() }
    complete(system?.end(replica, at: time) ?? 0, at: time)
  }

  /// A replica has nothing to compute: users see what its last iteration has brought.
  func isIdle(_ replica: Int, at time: VirtualTime) { complete(system?.show(replica, at: time) ?? 0, at: time) }

  private func complete(_ finished: Int, at time: VirtualTime) {
    guard finished > 0 else { return }
    unservedCount -= finished
    let served = system?.account.servedCount ?? 0
    reportProgress(Double(served) / Double(max(1, program.load.requestCount)))
    do throws(TraceError) {
      if source?.concurrency != nil {
        for _ in 0..<finished { try admitNext(after: time) }
      }
    } catch {
      fail(error)
    }
    endIfDone()
  }

  /// Lets all ranks end once nothing is left to serve.
  private func endIfDone() {
    guard unservedCount == 0 else { return }
    for host in hosts { host.finish() }
  }

  private func fail(_ error: TraceError) {
    for host in hosts { host.fail(error) }
  }
}
