import Models
import Simulation
import SimulationKernel

/// The iterations that a group of devices has computed: how long each took and what it used.
///
/// Its key is all that an iteration depends on, its shape, since memory is used only where devices and links are the same at
/// all times and nobody else uses the links.
struct IterationMemory {
  private struct Known {
    let duration: Int64
    let use: RepeatedStretch
  }

  /// How many are remembered: those of a load whose lengths are all different would fill the memory.
  private static let most = 100_000

  private let group: DeviceGroup
  private var known: [BatchShape: Known] = [:]
  private var present: (start: VirtualTime, use: RepeatedStretch)?

  init(_ group: DeviceGroup) { self.group = group }

  /// How long an iteration takes that has been computed before, in picoseconds; what it uses is counted.
  mutating func recall(_ batch: BatchShape) -> Int64? {
    guard let known = known[batch] else { return nil }
    group.add(known.use)
    return known.duration
  }

  /// An iteration is computed from now on.
  mutating func beginComputing(at time: VirtualTime) { present = (time, group.use) }

  /// It has been.
  ///
  /// - Parameter time: when all of it has been, with what was counted.
  mutating func endComputing(_ batch: BatchShape, at time: VirtualTime) {
    guard let (start, use) = present else { return }
    present = nil
    if known.count >= Self.most { known = [:] }
    known[batch] = Known(duration: time.picoseconds - start.picoseconds, use: group.use(since: use))
  }
}
