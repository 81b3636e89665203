import Synchronization

/// Connections that the greeter has accepted and nobody has taken yet.
final class Arrivals: Sendable {
  /// A rank that has joined once more, since it has executed itself anew.
  struct Return: Sendable {
    let rank: Int
    let pid: Int32
    let connection: Connection
  }

  private struct Waiting {
    var launcher: LauncherLink?
    var ranks: [Int: RankLink] = [:]
    var count: UInt32 = 0
    var isComplete = false
    var returns: [Return] = []
  }

  private let waiting = Mutex(Waiting())

  func add(_ connection: Connection, _ greeting: Greeting) {
    waiting.withLock { waiting in
      if greeting.world == "launcher", waiting.launcher == nil {
        waiting.launcher = LauncherLink(connection: connection, torchVersion: greeting.torchVersion)
      } else if greeting.world == "main", let rank = greeting.rank, waiting.isComplete {
        waiting.returns.append(Return(rank: rank, pid: greeting.pid, connection: connection))
      } else if greeting.world == "main", let rank = greeting.rank, waiting.ranks[rank] == nil {
        waiting.ranks[rank] = RankLink(
          number: waiting.count, rank: rank, pid: greeting.pid, connection: connection)
        waiting.count += 1
      } else {
        connection.shutDown()
      }
    }
  }

  func takeLauncher() -> LauncherLink? { waiting.withLock { $0.launcher } }

  func takeReturns() -> [Return] {
    waiting.withLock { waiting in
      defer { waiting.returns = [] }
      return waiting.returns
    }
  }

  func takeRanks(_ count: Int) -> [RankLink]? {
    waiting.withLock { waiting in
      let links = (0..<count).compactMap { waiting.ranks[$0] }
      guard links.count == count else { return nil }
      waiting.isComplete = true
      waiting.ranks = [:]
      return links
    }
  }
}
