import Devices
import Dispatch
import Models
import Network
import Predictions
import Quantities
import SimulationKernel
import Synchronization
import Uniference

/// What more of one resource would be worth to the best plan.
public struct MarginalWorth: Encodable, Sendable {
  /// The resource: `links of 1 Gbps twice as fast`.
  public let resource: String
  /// The goal's value with it.
  public let value: Double
  /// How much that changes the goal: 0.61 of `+61%`.
  public let change: Double
  /// The strategy that is best with it.
  public let strategy: String
}

extension PlanOutcome {
  /// What each resource would be worth: each kind of link twice as fast, one more of each kind of device, half as much
  /// memory again in each kind. With each, the strategies of the plan's cluster are tried again and the best one counts.
  ///
  /// - Returns: the most valuable first; empty without a plan.
  public func worths(
    interruption: Interruption = Interruption(), progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void
  ) throws -> [MarginalWorth] {
    guard let best, let value = best.prediction[goal] else { return [] }
    let changes = try ResourceChange.all(of: best.cluster)
    let found = Mutex<(worths: [MarginalWorth?], done: Int, failure: (any Error)?)>(
      (Array(repeating: nil, count: changes.count), 0, nil))
    DispatchQueue.concurrentPerform(iterations: changes.count) { index in
      guard found.withLock({ $0.failure == nil }) else { return }
      let result = Result { try worth(of: changes[index], to: best, value, interruption) }
      let done = found.withLock { found in
        switch result {
        case .success(let worth): found.worths[index] = worth
        case .failure(let error): found.failure = found.failure ?? error
        }
        found.done += 1
        return found.done
      }
      progress(done, changes.count)
    }
    let end = found.withLock { $0 }
    if let failure = end.failure { throw failure }
    let sign = goal.direction == .higherIsBetter ? 1.0 : -1.0
    return end.worths.compactMap(\.self).sorted { sign * $0.change > sign * $1.change }
  }

  /// - Returns: `nil` where the cluster cannot be changed so.
  private func worth(
    of change: ResourceChange, to best: Plan, _ value: Double, _ interruption: Interruption
  ) throws -> MarginalWorth? {
    var experiment = best.candidate.experiment
    change.apply(&experiment.cluster)
    guard (try? experiment.cluster.makeTopology()) != nil else { return nil }
    var options = SimulationOptions()
    (options.seed, options.usesMemoisedTiming) = (best.candidate.scenario.seed, true)
    options.interruption = interruption
    let (speeds, sizes) = (
      experiment.relativeSpeeds, (experiment.workload as? TextGeneration).map { MatrixSizes($0.model) }
    )
    func mayExceed(_ value: Double, on placement: DevicePlacement) throws -> Bool {
      let bounds = try PlanBounds(experiment, on: placement, speeds: speeds, sizes)
      return !bounds.exceedsMemory && goal.merit(of: bounds.bestValue(of: goal)) > goal.merit(of: value)
    }
    var found: (strategy: ParallelStrategy, value: Double)?
    for strategy in strategies(on: experiment, change) {
      experiment.strategy = strategy
      experiment.placement = change.keepsDevices && strategy == best.candidate.strategy ? best.candidate.placement : nil
      guard (try? experiment.validate()) != nil else { continue }
      for placement in try experiment.placement.map({ [$0] }) ?? experiment.candidates() {
        if let found, try !mayExceed(found.value, on: placement) { continue }
        let prediction = try experiment.predict(on: placement, tried: nil, options: options)
        guard prediction.fits, let value = prediction[goal] else { continue }
        if found.map({ goal.merit(of: value) > goal.merit(of: $0.value) }) ?? true { found = (strategy, value) }
      }
    }
    return found.map {
      MarginalWorth(resource: change.name, value: $0.value, change: $0.value / value - 1, strategy: "\($0.strategy)")
    }
  }

  /// The plan's own strategy first, then the others; with one more device, all of that many devices.
  private func strategies(on experiment: Experiment, _ change: ResourceChange) -> [ParallelStrategy] {
    let all = experiment.workload.candidates(deviceCount: experiment.cluster.devices.count)
    guard change.keepsDevices else { return all }
    return [experiment.strategy] + all.filter { $0 != experiment.strategy }
  }
}

/// More of one resource of a cluster.
private struct ResourceChange: Sendable {
  let name: String
  /// Whether the devices are as many as before.
  let keepsDevices: Bool
  let apply: @Sendable (inout Cluster) -> Void

  static func all(of cluster: Cluster) throws -> [ResourceChange] {
    let kinds = Dictionary(grouping: cluster.devices.indices) { cluster.devices[$0].specification.id }
      .sorted { $0.key < $1.key }
    return try (cluster.devices.count > 1 ? links(of: cluster) : [])
      + kinds.flatMap { [device(cluster.devices[$0.value[0]]), memory(of: $0.value, called: $0.key)] }
  }

  private static func links(of cluster: Cluster) throws -> [ResourceChange] {
    let topology = try cluster.makeTopology()
    let names = topology.linkNames
    let groups = Dictionary(grouping: topology.links.indices) { topology.links[$0].bytesPerSecond }
    return groups.sorted { $0.key < $1.key }.flatMap { rate, numbers -> [ResourceChange] in
      let links = numbers.map { (names[$0], topology.links[$0]) }
      let bandwidth = Bandwidth(bytesPerSecond: rate)
      func change(_ name: String, _ body: @escaping @Sendable (inout Link) -> Void) -> ResourceChange {
        ResourceChange(name: name, keepsDevices: true) { cluster in
          for (name, figures) in links {
            var link = cluster.network.links[name] ?? figures
            body(&link)
            cluster.network.links[name] = link
          }
        }
      }
      return [
        change("links of \(bandwidth): \(Bandwidth(bytesPerSecond: 2 * rate))") { $0.bytesPerSecond *= 2 },
        change("links of \(bandwidth): half the latency") { $0.latencyPicoseconds /= 2 },
      ]
    }
  }

  private static func device(_ device: ClusterDevice) -> ResourceChange {
    ResourceChange(name: "one more \(device.specification.id)", keepsDevices: false) { cluster in
      var other = device
      var number = cluster.devices.count
      repeat {
        other.name = "\(device.specification.id)-\(number)"
        number += 1
      } while cluster.device(named: other.name) != nil
      cluster.devices.append(other)
    }
  }

  private static func memory(of ranks: [Int], called id: String) -> ResourceChange {
    ResourceChange(name: "memory of \(id) +50%", keepsDevices: true) { cluster in
      for rank in ranks {
        let memory = cluster.devices[rank].specification.memory
        cluster.devices[rank].specification.memory = Figure(
          DataSize(bytes: memory.value.bytes * 3 / 2), .assumption("half as much memory again"))
      }
    }
  }
}
