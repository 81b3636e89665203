import Models
import Simulation
import SimulationKernel

/// An iteration of which the devices compute two periods of each repetition of layers: what the other periods take.
///
/// The second period begins as all later ones do, after an equal period. If it takes equally long on all devices, the third
/// one begins with the same time offsets between the devices as the second, so it has the same duration, and so do all later
/// ones; nothing else depends on time (``DeviceGroup/isRepeatable``). So counting is not an estimate.
struct LayerSample {
  private let group: DeviceGroup
  private let repetitions: [LayerRepetition]
  /// When each member came to each mark.
  private var times: [[VirtualTime]]
  /// What had been used at each mark.
  private var uses: [RepeatedStretch?] = []

  init(_ group: DeviceGroup, _ repetitions: [LayerRepetition]) {
    self.group = group
    self.repetitions = repetitions
    times = Array(repeating: [], count: group.memberCount)
  }

  /// An iteration begins.
  mutating func begin() {
    for member in times.indices { times[member] = [] }
    uses = []
  }

  /// A member has come to its next mark.
  mutating func mark(_ member: Int, at time: VirtualTime) {
    let number = times[member].count
    times[member].append(time)
    if uses.count == number { uses.append(nil) }
    group.note(&uses[number], member: member)
  }

  /// Counts the periods that were not computed.
  ///
  /// - Returns: how long they take, in picoseconds; `nil` where that does not follow from those that were computed, and
  ///   nothing is counted.
  func countOthers() -> Int64? {
    var (mark, picoseconds) = (0, Int64(0))
    var others: [(use: RepeatedStretch, count: Int)] = []
    for repetition in repetitions {
      let computed = min(repetition.count, LayerRepetition.computedCount)
      let last = mark + computed
      mark = last + 1
      guard repetition.count > computed else { continue }
      let durations = times.map { $0[last].picoseconds - $0[last - 1].picoseconds }
      guard let duration = durations.first, durations.allSatisfy({ $0 == duration }), let use = uses[last],
        let before = uses[last - 1]
      else { return nil }
      picoseconds += duration * Int64(repetition.count - computed)
      others.append((use - before, repetition.count - computed))
    }
    for other in others { group.add(other.use, count: other.count) }
    return picoseconds
  }
}
