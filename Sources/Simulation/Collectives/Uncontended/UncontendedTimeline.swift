import Communication
import Network

/// How a collective goes that has the network to itself: when each member's part ends, and which links are used when.
/// Times are picoseconds after the first member's start.
struct UncontendedTimeline {
  let ends: [Int64]
  let linkUse: [LinkID: LinkUse]
  /// Bytes that cross each of those links.
  let linkBytes: [LinkID: Double]
  /// Payload bytes by member.
  let sentBytes: [Int]
  let receivedBytes: [Int]
  let messages: Int
}

/// What a timeline depends on.
struct UncontendedSituation: Hashable {
  let shape: CollectiveShape
  let plan: CollectivePlan
  /// When each member starts, after the first one.
  let offsets: [Int64]
  /// Of the links that have changed, as they are when it begins. What changes later it has not used by then, or it is taken
  /// over.
  let capacities: [LinkID: Double]
}
