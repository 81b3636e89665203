import Models
import SimulationKernel

/// Replicas of an engine behind a router, and the account of what they serve. It is told the time and knows nothing of devices:
/// how long an iteration takes is for others to say.
public struct ServingSystem: Sendable {
  /// The engines' schedulers.
  public private(set) var replicas: [Scheduler]
  /// What has been served.
  public private(set) var account: ServingAccount
  private var router: Router
  private let maximumLength: Int
  private var current: [(iteration: PlannedIteration, start: VirtualTime)?]
  /// What iterations have brought that users do not see yet.
  private var unseen: [IterationOutcome?]

  /// - Parameters:
  ///   - blockCounts: the KV blocks of each replica.
  ///   - maximumLength: the most positions of a sequence that the model has.
  public init(
    _ settings: SchedulerSettings, blockCounts: [Int], router: Router.Policy, load: RequestLoad, maximumLength: Int,
    seed: UInt64
  ) {
    replicas = blockCounts.map { Scheduler(settings, blockCount: $0) }
    current = blockCounts.map { _ in nil }
    unseen = blockCounts.map { _ in nil }
    account = ServingAccount(load)
    self.router = Router(router, seed: seed)
    self.maximumLength = maximumLength
  }

  /// A request arrives, and comes to its replica's scheduler at once.
  ///
  /// - Returns: the replica that serves it; `nil` where it can never be served, and is refused.
  public mutating func add(_ request: ServingRequest) -> Int? {
    guard let replica = assign(request) else { return nil }
    enter(request, replica)
    return replica
  }

  /// A request arrives and is given to a replica. It is in the queue once it has come to the scheduler: ``enter(_:_:)``.
  ///
  /// - Returns: the replica that serves it; `nil` where it can never be served, and is refused.
  public mutating func assign(_ request: ServingRequest) -> Int? {
    let replica = router.replica(for: request, among: replicas)
    if let obstacle = replicas[replica].obstacle(to: request, maximumLength: maximumLength) {
      account.refuse(request, obstacle)
      return nil
    }
    account.add(request, replica: replica)
    return replica
  }

  /// A request that was given to a replica comes to its scheduler.
  public mutating func enter(_ request: ServingRequest, _ replica: Int) { replicas[replica].add(request) }

  /// Whether a replica computes.
  public func isBusy(_ replica: Int) -> Bool { current[replica] != nil }

  /// A replica that does not compute begins an iteration.
  ///
  /// - Returns: what it computes; `nil` where it has nothing to do.
  public mutating func begin(_ replica: Int, at time: VirtualTime) -> BatchShape? {
    guard let iteration = replicas[replica].nextBatch() else { return nil }
    account.notePreemption(of: replicas[replica].state.preempted)
    account.begin(replicas[replica].state.running, at: time)
    current[replica] = (iteration, time)
    return iteration.shape
  }

  /// A replica's iteration has ended.
  ///
  /// - Returns: how many requests are complete with it.
  public mutating func end(_ replica: Int, at time: VirtualTime) -> Int {
    guard let (iteration, start) = current[replica] else { return 0 }
    current[replica] = nil
    let pool = replicas[replica].state.pool
    let share = pool.capacity > 0 ? Double(pool.usedCount) / Double(pool.capacity) : 0
    let outcome = replicas[replica].completeIteration()
    account.end(iteration, from: start, to: time, blockShare: share)
    let finished = show(replica, at: time)
    unseen[replica] = outcome
    return replicas[replica].state.settings.reportsLate ? finished : finished + show(replica, at: time)
  }

  /// Users see what a replica's last iteration has brought.
  ///
  /// - Returns: how many requests are complete with it.
  public mutating func show(_ replica: Int, at time: VirtualTime) -> Int {
    guard let outcome = unseen[replica] else { return 0 }
    unseen[replica] = nil
    account.show(outcome, at: time)
    return outcome.finished.count
  }

  /// Notes that an iteration was taken from memory.
  public mutating func noteRemembered() { account.rememberedCount += 1 }
}
