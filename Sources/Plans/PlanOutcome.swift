import Documents
import Models
import Predictions
import Uniference

/// What a search has found.
public struct PlanOutcome: Sendable {
  /// One candidate that was simulated.
  public struct Plan: Sendable {
    let candidate: PlanCandidate
    /// Its figures.
    public let prediction: Prediction

    /// What reports call it: the strategy, and the fields that were chosen.
    public var name: String {
      ([prediction.strategy] + candidate.settings.map { "\($0.written)=\($0.value)" }).joined(separator: ", ")
    }
    /// The fields that were chosen, with their values.
    public var settings: [(field: String, value: String)] { candidate.settings.map { ($0.written, $0.value) } }
    /// Names of the devices that were left out.
    public var leftOut: [String] { candidate.leftOut }
    /// What it is a plan for.
    public var workload: any Workload { candidate.scenario.workload }
    /// The cluster without those devices.
    public var cluster: Cluster { candidate.scenario.cluster }
    /// A scenario's text, from which `simulate` makes the same prediction.
    public func scenarioText() throws -> String { try candidate.winnerDocument.yamlText() }
  }

  /// How many candidates there were, and what became of them.
  public struct Counts: Encodable, Sendable {
    /// All of them.
    public internal(set) var candidates = 0
    /// Those that were simulated.
    public internal(set) var simulated = 0
    /// Of these, the ones that did not fit in memory.
    public internal(set) var unfit = 0
    /// Those whose weights and caches exceed the memory of all their devices.
    public internal(set) var withoutMemory = 0
    /// Those with too many devices, or of too much power.
    public internal(set) var beyondLimits = 0

    private enum CodingKeys: String, CodingKey {
      case candidates, simulated, unfit
      case withoutMemory = "excluded_by_memory"
      case beyondLimits = "excluded_by_limits"
    }
  }

  /// Why there is no plan.
  public enum Miss: Sendable {
    /// A limit that even this plan misses.
    case limit(Plan, PlanLimits.Bound)
    /// The memory of the devices, of which this plan has most.
    case memory(Plan)
    /// Every set of devices is too many, or takes too much power.
    case devices
  }

  /// What is best in the plans.
  public let goal: Metric
  /// What a plan must keep within.
  public let limits: PlanLimits
  /// How many candidates there were.
  public internal(set) var counts = Counts()
  /// What was not tried, in a sentence; `nil` where everything was.
  public let remark: String?
  /// Why there is no plan; `nil` where there is one.
  public internal(set) var miss: Miss?
  /// All that were simulated and came to their end.
  private(set) var simulated: [Plan] = []
  /// Those within all limits, the best first.
  public private(set) var plans: [Plan] = []
  /// What plans are compared in: the goal first.
  public let objectives: [Metric]

  init(_ request: PlanRequest, _ space: CandidateSpace) {
    goal = request.goal
    limits = request.limits
    remark = space.remark
    counts.candidates = space.candidates.count
    let metrics = space.candidates.first?.scenario.workload.metrics ?? []
    let others: [Metric] = [.timeToFirstToken, .latency, .energyPerToken].filter { metrics.contains($0) }
    objectives = [goal] + others.filter { $0 != request.goal }
  }

  /// The best plan.
  public var best: Plan? { plans.first }
  /// The next one in the goal.
  public var runnerUp: Plan? { plans.dropFirst().first }

  /// The plans that no other one exceeds in one objective without being worse in another, the best first; one of equals.
  public var front: [Plan] {
    var front: [Plan] = []
    var known: Set<[Double]> = []
    for plan in plans {
      let merits = merits(plan)
      let isExceeded = plans.contains { other in
        let others = self.merits(other)
        return others != merits && zip(others, merits).allSatisfy { $0 >= $1 }
      }
      if !isExceeded, known.insert(merits).inserted { front.append(plan) }
    }
    return front
  }

  private func merits(_ plan: Plan) -> [Double] { objectives.map { $0.merit(of: plan.prediction[$0]) } }

  // MARK: Searching

  /// Whether a candidate cannot be the best, the next one, or on the front, by its bounds.
  func leavesOut(_ candidate: PlanCandidate) -> Bool {
    if limits.excess({ candidate.bounds.bestValue(of: $0) }).share > 0 { return true }
    let promised = objectives.map { $0.merit(of: candidate.bounds.bestValue(of: $0)) }
    guard plans.count > 1, promised[0] <= merits(plans[1])[0] else { return false }
    return plans.contains { plan in zip(merits(plan), promised).allSatisfy { $0 >= $1 } }
  }

  /// Notes what came of a candidate.
  ///
  /// - Parameter prediction: `nil` where it did not come to its end.
  mutating func add(_ candidate: PlanCandidate, _ prediction: Prediction?) {
    counts.simulated += 1
    guard let prediction else { return }
    let plan = Plan(candidate: candidate, prediction: prediction)
    simulated.append(plan)
    guard prediction.fits else { return counts.unfit += 1 }
    guard limits.excess({ prediction[$0] }).share == 0 else { return }
    let place = plans.firstIndex { isBetter(plan, than: $0) } ?? plans.endIndex
    plans.insert(plan, at: place)
  }

  /// In the goal, then in the other objectives, then in having fewer devices, then in its place.
  private func isBetter(_ plan: Plan, than other: Plan) -> Bool {
    let (own, others) = (merits(plan), merits(other))
    if own != others { return others.lexicographicallyPrecedes(own) }
    let (count, otherCount) = (plan.cluster.devices.count, other.cluster.devices.count)
    return (count, plan.candidate.number) < (otherCount, other.candidate.number)
  }
}
