import Dispatch
import Models
import Predictions
import SimulationKernel
import Synchronization
import Uniference

/// The search for a request's best plan.
///
/// Candidates are simulated in the order of what their bounds promise, a round at a time on all cores. Between rounds those
/// are left out that cannot be among what is told: those whose bounds miss a limit, and those that a simulated one equals or
/// exceeds in the goal, the time to the first token and energy even if their bounds were their figures, once two are as good
/// in the goal. So the best plan, the next one and the Pareto front are those of simulating everything.
public struct PlanSearch: Sendable {
  private let request: PlanRequest
  private let space: CandidateSpace
  private let interruption: Interruption
  /// Whether bounds leave candidates out.
  var prunes = true

  /// Candidates of a round. Always as many, so that a search does not depend on the number of cores.
  private static let round = 8

  /// Finds the candidates; nothing is simulated yet.
  public init(_ request: PlanRequest, interruption: Interruption = Interruption()) throws {
    self.request = request
    self.interruption = interruption
    space = try CandidateSpace(request)
  }

  /// Simulates what may be the best.
  ///
  /// - Parameter progress: told after each simulation, from any thread, of how many are done and how many are left at most.
  /// - Throws: ``RunFailure`` when the user has interrupted.
  public func run(progress: @escaping @Sendable (_ done: Int, _ left: Int) -> Void) throws -> PlanOutcome {
    var outcome = PlanOutcome(request, space)
    var waiting = space.candidates.filter { candidate in
      if candidate.bounds.exceedsMemory, prunes {
        outcome.counts.withoutMemory += 1
        return false
      }
      guard request.limits.allow(candidate.scenario.cluster) else {
        outcome.counts.beyondLimits += 1
        return false
      }
      return true
    }
    waiting = ordered(waiting) { request.goal.merit(of: $0.bounds.bestValue(of: request.goal)) }
    while !waiting.isEmpty {
      if prunes { waiting.removeAll { outcome.leavesOut($0) } }
      let next = Array(waiting.prefix(Self.round))
      waiting.removeFirst(next.count)
      let (before, left) = (outcome.counts.simulated, waiting.count)
      let predictions = try predictions(of: next) { progress(before + $0, left + next.count - $0) }
      for (candidate, prediction) in zip(next, predictions) { outcome.add(candidate, prediction) }
    }
    if outcome.best == nil { outcome.miss = try closestMiss(outcome, progress) }
    return outcome
  }

  private func ordered(_ candidates: [PlanCandidate], by merit: (PlanCandidate) -> Double) -> [PlanCandidate] {
    candidates.map { (merit($0), $0) }.sorted { ($1.0, $0.1.number) < ($0.0, $1.1.number) }.map(\.1)
  }

  /// - Parameter progress: told of how many of them are done.
  private func predictions(
    of candidates: [PlanCandidate], progress: @escaping @Sendable (Int) -> Void
  ) throws -> [Prediction?] {
    let state = Mutex(State(predictions: Array(repeating: nil, count: candidates.count)))
    let interruption = interruption
    DispatchQueue.concurrentPerform(iterations: candidates.count) { index in
      guard state.withLock({ $0.failure == nil }) else { return }
      let result = Result { try candidates[index].predict(interruption) }
      let done = state.withLock { state in
        switch result {
        case .success(let prediction): state.predictions[index] = prediction
        // A plan that does not come to its end is none; what the user has interrupted is no plan's fault.
        case .failure(let failure as RunFailure) where !failure.isInterruption: break
        case .failure(let failure): state.failure = state.failure ?? failure
        }
        state.done += 1
        return state.done
      }
      progress(done)
    }
    let end = state.withLock { $0 }
    if let failure = end.failure { throw failure }
    return end.predictions
  }

  private struct State {
    var predictions: [Prediction?]
    var failure: (any Error)?
    var done = 0
  }

  // MARK: Nothing within the limits

  /// The plan that misses the limits by least, or lacks least memory.
  private func closestMiss(
    _ outcome: PlanOutcome, _ progress: @escaping @Sendable (_ done: Int, _ left: Int) -> Void
  ) throws -> PlanOutcome.Miss? {
    var least: (share: Double, plan: PlanOutcome.Plan, bound: PlanLimits.Bound)?
    func note(_ plan: PlanOutcome.Plan) {
      guard plan.prediction.fits, case (let share, let bound?) = request.limits.excess({ plan.prediction[$0] }) else {
        return
      }
      if least.map({ share < $0.share }) ?? true { least = (share, plan, bound) }
    }
    outcome.simulated.forEach(note)
    let known = Set(outcome.simulated.map(\.candidate.number))
    func promised(_ candidate: PlanCandidate) -> Double {
      request.limits.excess { candidate.bounds.bestValue(of: $0) }.share
    }
    let allowed = space.candidates.filter { request.limits.allow($0.scenario.cluster) }
    var waiting = ordered(allowed.filter { !known.contains($0.number) && !$0.bounds.exceedsMemory }) { -promised($0) }
    while !waiting.isEmpty {
      waiting.removeAll { candidate in least.map { promised(candidate) >= $0.share } ?? false }
      let next = Array(waiting.prefix(Self.round))
      waiting.removeFirst(next.count)
      let left = waiting.count
      let predictions = try predictions(of: next) { progress(known.count + $0, left) }
      for (candidate, prediction) in zip(next, predictions) {
        if let prediction { note(PlanOutcome.Plan(candidate: candidate, prediction: prediction)) }
      }
    }
    if let least { return .limit(least.plan, least.bound) }
    // The most memory lacks least.
    func memory(_ candidate: PlanCandidate) -> Int {
      candidate.placement.ranks.reduce(0) {
        $0 + candidate.scenario.cluster.devices[$1].specification.usableMemory.bytes
      }
    }
    guard let largest = allowed.max(by: { memory($0) < memory($1) }) else { return .devices }
    let prediction = try largest.predict(interruption, explainsShortage: true)
    return .memory(PlanOutcome.Plan(candidate: largest, prediction: prediction))
  }
}

extension PlanBounds {
  /// The best possible value of a metric: the bound, or what no run exceeds.
  func bestValue(of metric: Metric) -> Double {
    best[metric] ?? (metric.direction == .lowerIsBetter ? 0 : .infinity)
  }
}
