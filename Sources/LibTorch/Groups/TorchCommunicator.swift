import Communication
import Tensors

/// A process group of PyTorch Distributed as a ``Communicator``: the group of a Swift program in deployment.
///
/// Collectives are c10d's own, on the payloads' bytes or elements and nothing else, so that members may be PyTorch
/// processes. Messages between Swift members say what they hold (see ``Inbox``); a PyTorch process sends and receives
/// bare tensors.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
package final class TorchCommunicator: Communicator, @unchecked Sendable {
  package let rank: Int
  package let name: String
  package let worldRanks: [Int]
  let group: TorchGroup
  let world: TorchWorldContext
  /// The rank in c10d's group of each member, which c10d puts into ascending order of their ranks in the world.
  let groupRanks: [Int]
  private(set) lazy var inbox = Inbox(self)
  private(set) lazy var collectives = CollectiveLine(self)

  package var size: Int { worldRanks.count }
  var freight: Freight { world.freight }

  /// The group that this process knows under a name, as the world of a program.
  package convenience init(worldNamed name: String, context: TorchWorldContext) throws {
    let group = try TorchGroup(named: name, library: context.library)
    self.init(
      group: group, name: "world", worldRanks: Array(0..<group.size), groupRanks: Array(0..<group.size),
      rank: group.rank, world: context)
  }

  private init(
    group: TorchGroup, name: String, worldRanks: [Int], groupRanks: [Int], rank: Int, world: TorchWorldContext
  ) {
    self.group = group
    self.name = name
    self.worldRanks = worldRanks
    self.groupRanks = groupRanks
    self.rank = rank
    self.world = world
    world.communicators.append(self)
  }

  package func subgroup(_ ranks: [Int], name: String, at location: SourceLocation) async throws -> any Communicator {
    let position = try checkSubgroup(ranks, at: location)
    let members = ranks.map { worldRanks[$0] }
    let ascending = members.sorted()
    let group = try TorchGroup(ofWorldRanks: ascending, library: world.library)
    return TorchCommunicator(
      group: group, name: name, worldRanks: members,
      groupRanks: members.map { member in ascending.firstIndex(of: member) ?? 0 }, rank: position, world: world)
  }

  /// Whether the members' order is c10d's own.
  var hasGroupOrder: Bool { groupRanks == Array(0..<size) }

  /// What the members have, put from c10d's order into the group's.
  func inOwnOrder<Element>(_ elements: [Element]) -> [Element] { groupRanks.map { elements[$0] } }

  /// What the members have, put from the group's order into c10d's.
  func inGroupOrder<Element>(_ elements: [Element]) -> [Element] {
    let positions = groupRanks.indices.sorted { groupRanks[$0] < groupRanks[$1] }
    return positions.map { elements[$0] }
  }

  /// Why the first of the ranks that have failed did, as far as it could say so.
  package var failure: String? { group.hasStore ? (try? group.lookUp([Self.failureKey]))??.first : nil }

  /// Says why this rank has failed.
  package func publishFailure(_ text: String) {
    if group.hasStore { try? group.publish("rank \(worldRanks[rank]) has failed: \(text)", under: Self.failureKey) }
  }

  private static let failureKey = "uniference/failure"

  /// Whether a member is a Swift program, too.
  func isSwift(_ member: Int) -> Bool { world.isSwift(worldRanks[member]) }
}

/// What all communicators of a process share.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
package final class TorchWorldContext: @unchecked Sendable {
  let library: TorchLibrary
  let loop: RankLoop
  let freight: Freight
  /// Told of what has ended.
  package var observer: (any TorchGroupObserver)?
  private let swiftRanks: Set<Int>?
  fileprivate(set) var communicators: [TorchCommunicator] = []

  /// - Parameters:
  ///   - deviceName: libtorch's name of the device that messages arrive on.
  ///   - swiftRanks: the world's ranks that run this program; `nil` for all.
  package init(library: TorchLibrary, loop: RankLoop, deviceName: String, swiftRanks: Set<Int>? = nil) {
    self.library = library
    self.loop = loop
    self.swiftRanks = swiftRanks
    freight = Freight(library: library, deviceName: deviceName)
  }

  /// Begins collectives of all groups that can begin, whoever waits for them.
  ///
  /// - Returns: whether all have begun, so that waiting for one of them keeps nobody waiting.
  func advance() throws -> Bool {
    var isAlone = true
    for communicator in communicators where communicator.collectives.hasQueue {
      try communicator.collectives.advance()
      isAlone = isAlone && !communicator.collectives.hasQueue
    }
    return isAlone
  }

  func isSwift(_ worldRank: Int) -> Bool { swiftRanks?.contains(worldRank) ?? true }
}

/// Told what a rank's communication has done, for records. World ranks throughout.
package protocol TorchGroupObserver: AnyObject {
  /// Time since the run began.
  var now: Duration { get }

  /// This member's part of a collective has ended.
  func ended(_ operation: CollectiveOperation, byteCount: Int, groupName: String, start: Duration)

  /// A message has arrived here.
  func received(byteCount: Int, from source: Int, tag: Int, posted: Duration)
}
