import Documents
import Models
import Predictions
import SimulationKernel
import Uniference

/// One plan that may be the best: values of fields, devices, a strategy, and who plays its parts.
struct PlanCandidate: Sendable {
  /// Its place among all candidates.
  let number: Int
  /// The fields that were set.
  let settings: [DocumentOverride]
  /// The scenario on the devices that stay.
  let document: DocumentValue
  /// The same, as it is read.
  let scenario: Scenario
  /// Names of the devices that were left out.
  let leftOut: [String]
  /// How the model is spread.
  let strategy: ParallelStrategy
  /// Which devices play the strategy's parts.
  let placement: DevicePlacement
  /// Whether others could.
  let isPlacementChosen: Bool
  /// What its figures cannot be better than.
  let bounds: PlanBounds

  /// The document from which `simulate` makes the same prediction.
  var winnerDocument: DocumentValue {
    ScenarioVariants.choosing(
      strategy, on: isPlacementChosen ? placement.names(in: scenario.cluster) : nil, in: document)
  }

  /// What is simulated.
  var experiment: Experiment {
    var experiment = Experiment(
      modelName: scenario.modelName, workload: scenario.workload.withoutValues, strategy: strategy,
      cluster: scenario.cluster)
    experiment.placement = placement
    return experiment
  }

  /// Its figures.
  ///
  /// - Parameter explainsShortage: whether it is found what each device of a plan that does not fit would need.
  func predict(_ interruption: Interruption, explainsShortage: Bool = false) throws -> Prediction {
    var options = SimulationOptions()
    options.seed = scenario.seed
    options.usesMemoisedTiming = true
    options.interruption = interruption
    return try experiment.predict(on: placement, tried: explainsShortage ? 1 : nil, options: options)
  }
}

/// All candidates of a request.
struct CandidateSpace: Sendable {
  private(set) var candidates: [PlanCandidate] = []
  /// Which devices cannot be left out, and why, in a sentence; `nil` where any can.
  private(set) var remark: String?

  /// More sets of devices than these are not tried for each combination of fields: those of few kinds, all of which count,
  /// come first.
  static let subsetLimit = 256

  init(_ request: PlanRequest) throws {
    let variants = ScenarioVariants(request.scenario, name: request.name)
    for settings in try PlanRequest.settings(of: request.fields) {
      let document = try variants.document(settings: settings)
      let scenario = try variants.scenario(document)
      let sizes = (scenario.workload as? TextGeneration).map { MatrixSizes($0.model) }
      for kept in try deviceSets(scenario, request) {
        try add(request, settings, document, scenario, kept, variants, sizes)
      }
    }
  }

  // MARK: Devices

  /// Which devices stay: all of them first, then with ever more left out. Of devices that may change places, the first stay.
  ///
  /// Elsewhere than on a switch, on a shared channel or in a full mesh, a device is a part of the network: it stays, idle
  /// where a strategy does not need it.
  private mutating func deviceSets(_ scenario: Scenario, _ request: PlanRequest) throws -> [[Int]] {
    let cluster = scenario.cluster
    let everything = Array(cluster.devices.indices)
    guard request.optional != .none, cluster.devices.count > 1 else { return [everything] }
    guard cluster.network.topology.isSymmetric else {
      remark = "On this network no device is left out: those that a strategy does not need stay, idle."
      return [everything]
    }
    let speeds = Experiment(
      modelName: scenario.modelName, workload: scenario.workload, strategy: .single, cluster: cluster
    ).relativeSpeeds
    let kinds = try PlacementCandidates(cluster: cluster, speeds: speeds).kinds
    let fixed = everything.filter { !request.optional.contains(cluster.devices[$0].name) }
    let groups = Dictionary(grouping: everything.filter { !fixed.contains($0) }) { kinds[$0] }
      .sorted { $0.key < $1.key }.map(\.value)
    var sets: [[Int]] = [fixed]
    for group in groups {
      guard sets.count * (group.count + 1) <= 1 << 16 else {
        remark = "Of many kinds of devices, the last ones are left out all together or not at all."
        sets = sets.flatMap { [$0, $0 + group] }
        continue
      }
      sets = sets.flatMap { set in (0...group.count).map { set + group.prefix($0) } }
    }
    sets = sets.filter { !$0.isEmpty }.map { $0.sorted() }.sorted { one, other in
      one.count == other.count ? one.lexicographicallyPrecedes(other) : one.count > other.count
    }
    if sets.count > Self.subsetLimit {
      remark = "Of \(sets.count) sets of devices, the \(Self.subsetLimit) with most devices and with fewest are tried."
      sets = Array(sets.prefix(Self.subsetLimit / 2) + sets.suffix(Self.subsetLimit / 2))
    }
    return sets
  }

  // MARK: Strategies

  private mutating func add(
    _ request: PlanRequest, _ settings: [DocumentOverride], _ document: DocumentValue, _ scenario: Scenario,
    _ kept: [Int], _ variants: ScenarioVariants, _ sizes: MatrixSizes?
  ) throws {
    let names = scenario.cluster.devices.map(\.name)
    let isWhole = kept.count == names.count
    let keptNames = Set(kept.map { names[$0] })
    let smaller = isWhole ? document : ScenarioVariants.keeping(keptNames, of: names, in: document)
    let read: Scenario
    do {
      read = isWhole ? scenario : try variants.scenario(smaller)
    } catch {
      remark = "Some devices are not left out, since the scenario says more of them: \(error)"
      return
    }
    let speeds = Experiment(
      modelName: read.modelName, workload: read.workload, strategy: .single, cluster: read.cluster
    ).relativeSpeeds
    let leavesOut = request.optional != .none && scenario.cluster.network.topology.isSymmetric
    for strategy in strategies(request, read, counts: leavesOut ? kept.count...kept.count : 1...kept.count) {
      var experiment = Experiment(
        modelName: read.modelName, workload: read.workload.withoutValues, strategy: strategy, cluster: read.cluster)
      let placements = try experiment.candidates()
      for placement in placements {
        experiment.placement = placement
        candidates.append(
          PlanCandidate(
            number: candidates.count, settings: settings, document: smaller, scenario: read,
            leftOut: names.filter { !keptNames.contains($0) }, strategy: strategy, placement: placement,
            isPlacementChosen: placements.count > 1,
            bounds: try PlanBounds(experiment, on: placement, speeds: speeds, sizes)))
      }
    }
  }

  /// The strategies that suit the model, on so many devices.
  private func strategies(
    _ request: PlanRequest, _ scenario: Scenario, counts: ClosedRange<Int>
  ) -> [ParallelStrategy] {
    var found: [ParallelStrategy] = []
    let listed = request.strategies ?? counts.flatMap { scenario.workload.candidates(deviceCount: $0) }
    for strategy in listed where !found.contains(strategy) {
      let count = scenario.workload.deviceCount(strategy)
      let experiment = Experiment(
        modelName: scenario.modelName, workload: scenario.workload.withoutValues, strategy: strategy,
        cluster: scenario.cluster)
      if counts.contains(count), (try? experiment.validate()) != nil { found.append(strategy) }
    }
    return found
  }
}

extension PlanRequest.OptionalDevices {
  fileprivate func contains(_ name: String) -> Bool {
    switch self {
    case .all: true
    case .none: false
    case .named(let names): names.contains(name)
    }
  }
}
