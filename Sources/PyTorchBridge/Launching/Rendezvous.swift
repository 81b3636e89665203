import Foundation
import Synchronization

/// Processes that have joined a session on their own, gathered into worlds: those that name the same rendezvous belong
/// together, and a world begins when all its ranks are there.
final class Rendezvous: Sendable {
  private struct Gathering {
    var worldSize: Int
    var links: [Int: RankLink] = [:]
    var since = ContinuousClock.now
    var hasBeenReported = false
  }

  private struct State {
    var gatherings: [String: Gathering] = [:]
    var connectionCount: UInt32 = 0
  }

  private let state = Mutex(State())
  private let largestWorld: Int
  private let begin: @Sendable ([RankLink]) -> Void

  /// How long ranks are waited for before somebody is told.
  private static let patience = Duration.seconds(10)

  /// - Parameters:
  ///   - largestWorld: how many devices there are.
  ///   - begin: called with the ranks of a world once all are there, in order.
  init(largestWorld: Int, begin: @escaping @Sendable ([RankLink]) -> Void) {
    self.largestWorld = largestWorld
    self.begin = begin
  }

  /// Takes in a process that says which rank of which world it is.
  func add(_ connection: Connection, _ greeting: Greeting) {
    guard let rank = greeting.rank, let worldSize = greeting.worldSize, (0..<worldSize).contains(rank) else {
      return refuse(connection, "rank \(greeting.rank ?? -1) of a world of \(greeting.worldSize ?? -1) cannot be")
    }
    guard worldSize <= largestWorld else {
      return refuse(
        connection,
        "a world of \(worldSize) ranks does not fit the cluster, which has \(largestWorld) devices; each rank needs one"
      )
    }
    let complete = state.withLock { state -> [RankLink]? in
      var gathering = state.gatherings[greeting.world] ?? Gathering(worldSize: worldSize)
      gathering.links[rank] = RankLink(
        number: state.connectionCount, rank: rank, pid: greeting.pid, connection: connection)
      state.connectionCount += 1
      let links = (0..<gathering.worldSize).compactMap { gathering.links[$0] }
      state.gatherings[greeting.world] = links.count == gathering.worldSize ? nil : gathering
      return links.count == gathering.worldSize ? links : nil
    }
    if let complete { begin(complete) }
  }

  private func refuse(_ connection: Connection, _ reason: String) {
    connection.send(Answers.refusal(reason))
    connection.shutDown()
  }

  /// Worlds that have been waiting for ranks for long, each told once.
  func overdue() -> [String] {
    state.withLock { state in
      var notices: [String] = []
      for (world, gathering) in state.gatherings.sorted(by: { $0.key < $1.key })
      where !gathering.hasBeenReported && ContinuousClock.now - gathering.since > Self.patience {
        let missing = (0..<gathering.worldSize).filter { gathering.links[$0] == nil }.map(String.init)
        notices.append(
          "ranks \(missing.joined(separator: ", ")) of \(gathering.worldSize) have not joined \(world) yet; the others wait"
        )
        state.gatherings[world]?.hasBeenReported = true
      }
      return notices
    }
  }
}
