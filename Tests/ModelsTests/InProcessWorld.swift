import Communication
import Synchronization

/// Members of a group as tasks in one process: messages and collectives meet in a dictionary under one lock.
///
/// A send ends only once the matching receive is posted, as with the strictest rendezvous transport, so a program that
/// relies on buffering hangs here.
final class InProcessWorld: Sendable {
  struct Channel: Hashable {
    var group: String
    var source: Int
    var destination: Int
    var tag: Int
  }

  struct Meeting: Hashable {
    var group: String
    var index: Int
  }

  /// A primitive that one member called.
  struct Call: Hashable, Sendable {
    var operation: String
    var group: String
    var worldRank: Int
    var byteCount: Int
  }

  struct State {
    var messages: [Channel: [any Payload]] = [:]
    var postedReceives: [Channel: Int] = [:]
    var contributions: [Meeting: [Int: any Sendable]] = [:]
    var calls: [Call] = []
    fileprivate var waiters: [Waiter] = []
  }

  fileprivate struct Waiter {
    var isReady: @Sendable (State) -> Bool
    var continuation: CheckedContinuation<Void, Never>
  }

  /// Something that members wait for.
  final class Condition: PendingOperation {
    private let world: InProcessWorld
    private let isReady: @Sendable (State) -> Bool

    init(world: InProcessWorld, isReady: @escaping @Sendable (State) -> Bool) {
      self.world = world
      self.isReady = isReady
    }

    func wait(for member: Int, at location: SourceLocation) async throws { await world.wait(until: isReady) }

    func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool { world.read(isReady) }
  }

  let size: Int
  private let state = Mutex(State())

  init(size: Int) { self.size = size }

  var calls: [Call] { state.withLock { $0.calls } }

  /// How many members wait for another one.
  var waitingCount: Int { state.withLock { $0.waiters.count } }

  /// The world as its member `rank` sees it.
  func communicator(rank: Int) -> InProcessCommunicator {
    InProcessCommunicator(world: self, rank: rank, worldRanks: Array(0..<size), name: "world")
  }

  func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    let (result, ready) = state.withLock { state in
      let result = body(&state)
      let snapshot = state
      let ready = snapshot.waiters.filter { $0.isReady(snapshot) }
      state.waiters = snapshot.waiters.filter { !$0.isReady(snapshot) }
      return (result, ready)
    }
    for waiter in ready { waiter.continuation.resume() }
    return result
  }

  func wait(until isReady: @escaping @Sendable (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      change { $0.waiters.append(Waiter(isReady: isReady, continuation: continuation)) }
    }
  }

  func read<Result: Sendable>(_ body: (State) -> Result) -> Result { state.withLock { body($0) } }
}
