import Network
import Quantities

/// What a stretch of a program that a group of ranks begins and ends together uses of devices and network.
///
/// A program that knows how long such a stretch takes, since it has been simulated before in the same circumstances, counts it
/// instead of simulating it again: ``DeviceGroup``.
public struct RepeatedStretch: Sendable {
  fileprivate var devices: [DeviceUse]
  fileprivate var traffic: GroupTraffic
  fileprivate var linkBytes: [LinkID: Double]

  /// What has been used between two moments.
  public static func - (later: RepeatedStretch, earlier: RepeatedStretch) -> RepeatedStretch {
    RepeatedStretch(
      devices: zip(later.devices, earlier.devices).map { $0 - $1 }, traffic: later.traffic - earlier.traffic,
      linkBytes: later.linkBytes.merging(earlier.linkBytes) { $0 - $1 }.filter { $0.value > 0 })
  }
}

/// The devices of a group of ranks, for programs that count stretches that they know.
public struct DeviceGroup {
  private let devices: [SimulatedDevice]
  private let ranks: [Int]
  private let world: SimulatedWorld
  /// The links that its messages may take.
  public let links: Set<LinkID>

  /// - Parameters:
  ///   - devices: at least one, of one world.
  ///   - ranks: the world ranks of the devices, in the same order.
  public init(_ devices: [SimulatedDevice], ranks: [Int]) {
    precondition(!devices.isEmpty && devices.count == ranks.count, "a group has a device for each rank")
    self.devices = devices
    self.ranks = ranks
    world = devices[0].world
    links = world.network.topology.links(between: ranks)
  }

  /// How many devices it has.
  public var memberCount: Int { devices.count }

  /// Whether a stretch that begins with all ranks at one instant, and with no message of theirs under way, takes equally long
  /// at any time, as long as nobody else uses ``links``.
  public var isRepeatable: Bool { world.isRepeatable && devices.allSatisfy(\.isConstant) }

  /// What the group has used so far.
  public var use: RepeatedStretch {
    var linkBytes: [LinkID: Double] = [:]
    for link in links {
      linkBytes[link] =
        world.network.bytesCarried(by: link) + (world.countedTraffic?.bytesTimedAtOnce(of: link) ?? 0)
    }
    return RepeatedStretch(
      devices: devices.map(\.use),
      traffic: world.countedTraffic?.traffic(of: ranks)
        ?? GroupTraffic(sentBytes: ranks.map { _ in 0 }, receivedBytes: ranks.map { _ in 0 }, messages: 0),
      linkBytes: linkBytes)
  }

  /// What has been used since an earlier moment.
  public func use(since earlier: RepeatedStretch) -> RepeatedStretch { use - earlier }

  /// Notes that a member has come to a moment of the program that all members come to, each after its part of all messages
  /// before it and before any member's messages after it.
  ///
  /// - Parameter moment: what has been used until then; `nil` before the first member comes to it.
  public func note(_ moment: inout RepeatedStretch?, member: Int) {
    if moment == nil { moment = use }
    moment?.devices[member] = devices[member].use
  }

  /// Counts a stretch, so many times, that is not simulated.
  public func add(_ stretch: RepeatedStretch, count: Int = 1) {
    for _ in 0..<count {
      for (device, use) in zip(devices, stretch.devices) { device.add(use) }
      world.countedTraffic?.add(stretch.traffic, of: ranks)
      world.countedTraffic?.add(stretch.linkBytes)
    }
  }
}

extension SimulatedWorld {
  /// Whether equal messages take equally long at any time: nothing changes, nothing is random, and no library remembers what
  /// it did before.
  fileprivate var isRepeatable: Bool {
    usesMemoisedTiming && !changesOverTime && network.isRepeatable && failures.isEmpty
      && collectiveTraffic.library.progress.isStrong && !collectiveTraffic.library.processors.remembers
      && profile.wire.sendBufferBytes == nil
  }
}
