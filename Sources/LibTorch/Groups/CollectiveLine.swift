import Communication
import Foundation

/// The collectives of one group, started in the order in which they were called, each once the members agree on it.
///
/// Backends do not compare what their members call: where one calls another collective, element type or size, they hang,
/// crash or mix up values. So members do, but only where there is something to find out. A call that follows the same
/// call as once before has been compared then. Any other is published in the group's store and begins when all Swift
/// members' calls of the same number have been found there and agree. A member that knows its call while another one
/// does not begins alone, and so does one whose others are late, so that it finds out when they have gone; whoever waits
/// for long looks whether somebody else has published meanwhile.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class CollectiveLine: @unchecked Sendable {
  private unowned let communicator: TorchCommunicator
  /// Called and not begun.
  private var queue: [CollectiveEntry] = []
  /// Begun and not known to have ended.
  private var open: [TorchWork] = []
  private var callCount = 0
  private var previous = ""
  private var known: Set<Transition> = []
  private lazy var peers = (0..<communicator.size).filter { $0 != communicator.rank && communicator.isSwift($0) }
  private lazy var compares = !peers.isEmpty && communicator.group.hasStore

  /// A call after another one, which is what members agree on.
  struct Transition: Hashable {
    let previous: String
    let call: String
  }

  init(_ communicator: TorchCommunicator) { self.communicator = communicator }

  /// Whether a collective has been called that has not begun.
  var hasQueue: Bool { !queue.isEmpty }

  /// Begins a collective as it was called, or puts it into the line.
  func begin(_ call: CollectiveCall, start: @escaping () throws -> TorchWork) throws -> CollectiveEntry {
    let entry = CollectiveEntry(
      call, number: callCount, Transition(previous: previous, call: call.agreement), line: self, start: start)
    callCount += 1
    previous = call.agreement
    queue.append(entry)
    try advance()
    return entry
  }

  /// Begins what can begin.
  func advance() throws {
    while let entry = queue.first, try isAgreed(entry) {
      queue.removeFirst()
      known.insert(entry.transition)
      open.removeAll { (try? $0.isCompleted()) ?? true }
      open.append(try entry.begin())
    }
  }

  private func isAgreed(_ entry: CollectiveEntry) throws -> Bool {
    if !compares || known.contains(entry.transition) { return true }
    try publish(entry)
    guard let calls = try communicator.group.lookUp(peers.map { key(entry, of: $0) }) else {
      try compareLate(entry)
      return entry.isOverdue
    }
    for (peer, call) in zip(peers, calls) { try compare(entry, with: call, of: peer) }
    return true
  }

  /// Looks whether somebody else has published the call of the same number, since waiting for it takes long.
  func compareLate(_ entry: CollectiveEntry) throws {
    guard compares else { return }
    for peer in peers {
      guard let call = try communicator.group.lookUp([key(entry, of: peer)])?.first else { continue }
      try publish(entry)
      try compare(entry, with: call, of: peer)
    }
  }

  private func publish(_ entry: CollectiveEntry) throws {
    guard entry.published == nil else { return }
    entry.published = .now
    let text = "\(entry.call.agreement)\n\(entry.call) at \(entry.call.location)"
    try communicator.group.publish(text, under: key(entry, of: communicator.rank))
  }

  private func compare(_ entry: CollectiveEntry, with text: String, of peer: Int) throws {
    let parts = text.split(separator: "\n", maxSplits: 1).map(String.init)
    guard parts.first != entry.call.agreement else { return }
    awaitOthers(entry)
    throw CollectiveMismatch(
      group: communicator.name, number: entry.number,
      ranks: (communicator.worldRanks[peer], communicator.worldRanks[communicator.rank]), first: parts.last ?? "",
      call: "\(entry.call) at \(entry.call.location)")
  }

  /// Gives all others the time to find out for themselves, which they cannot when this process has gone.
  private func awaitOthers(_ entry: CollectiveEntry) {
    let key = { (member: Int) in self.key(entry, of: member) + "/differs" }
    let end = ContinuousClock.now + .seconds(3)
    do {
      try communicator.group.publish("", under: key(communicator.rank))
      while try communicator.group.lookUp(peers.map(key)) == nil, .now < end { usleep(20_000) }
    } catch {
      // Whoever keeps the store has gone; nobody is waited for any more.
    }
  }

  private func key(_ entry: CollectiveEntry, of member: Int) -> String {
    "uniference/collective/\(entry.number)/\(communicator.worldRanks[member])"
  }
}

/// One member's part of a collective, in its line or under way.
///
/// Sendable without checks because it is used only on the thread of its rank's loop.
final class CollectiveEntry: @unchecked Sendable {
  let call: CollectiveCall
  let number: Int
  let transition: CollectiveLine.Transition
  /// When the call was put into the store.
  var published: ContinuousClock.Instant?
  private let line: CollectiveLine
  private let start: () throws -> TorchWork
  private var work: TorchWork?

  /// How long a collective may take until somebody looks whether all members mean the same.
  private static let patience = Duration.milliseconds(500)
  /// How long a call waits for those of others. Much longer, so that whoever began without a comparison looks first.
  private static let limit = Duration.seconds(4)

  init(
    _ call: CollectiveCall, number: Int, _ transition: CollectiveLine.Transition, line: CollectiveLine,
    start: @escaping () throws -> TorchWork
  ) {
    self.call = call
    self.number = number
    self.transition = transition
    self.line = line
    self.start = start
  }

  /// Whether others have had enough time to publish their call.
  var isOverdue: Bool { published.map { $0 + Self.limit < .now } ?? false }

  func begin() throws -> TorchWork {
    let work = try start()
    self.work = work
    return work
  }
}

extension CollectiveEntry: Advancing {
  func advance(mayBlock: Bool) throws -> Bool {
    guard let work else { return false }
    guard mayBlock else { return try work.advance(mayBlock: false) }
    if try work.wait(atMost: Self.patience) { return true }
    try line.compareLate(self)
    return false
  }
}

extension CollectiveCall {
  /// What members must agree on, for comparison only.
  fileprivate var agreement: String {
    let blocks =
      switch shape.blocks {
      case .equal(let byteCount): "\(byteCount)"
      case .uneven(let byteCounts): "\(byteCounts)"
      // Of an uneven all-to-all each member knows only its own blocks.
      case .matrix: "uneven"
      }
    let reduction = reduction?.rawValue ?? "none"
    return "\(shape.operation.rawValue) \(reduction) \(shape.root) \(elementName) \(blocks)"
  }
}
