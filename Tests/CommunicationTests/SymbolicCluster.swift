import Communication

/// Runs one collective's machines in a random order over FIFO mail and follows what every byte is made of.
///
/// Each member has a cell for each byte of the collective's data. A cell holds the sum of the fingerprints of the
/// contributions in it; a contribution's fingerprint is a pseudo-random 64-bit number of the member and the position,
/// so that sums are equal only if the contributions are. Messages leave as late as the machine allows, and then
/// take the cells' contents of that moment, so that overwriting what is still being sent shows.
struct SymbolicCluster {
  /// When the transport lets a payload leave.
  enum Delivery: CaseIterable {
    /// At any time.
    case eager
    /// Once the receiver has posted the receive.
    case rendezvous
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  struct Statistics: Equatable {
    var messages = 0
    var bytes = 0
    var copiedBytes = 0
    var reducedBytes = 0
    var messagesOfBusiestMember = 0
  }

  private struct Message {
    let source: Int
    let round: Int
    let byteCount: Int
    let ranges: [Range<Int>]
    /// Taken when it leaves.
    var cells: [UInt64] = []
  }

  private struct Member {
    var machine: CollectiveMachine
    var cells: [UInt64]
    var awaited: CollectiveAction?
    var posted: [Int: (contents: MessageContents, byteCount: Int)] = [:]
    var arrived: [Int: Message] = [:]
    var toCombine: [Int: Message] = [:]
    var awaitedRounds: Set<Int> = []
    var sentRounds: [Int: Set<Int>] = [:]
    var sent = 0
    var left = 0
    var highestAwaitedSends = 0
    var isFinished = false
  }

  let shape: CollectiveShape
  let delivery: Delivery
  private var members: [Member]
  private var channels: [[Message]]
  private var roundsSeen: [Set<Int>]
  private var random: SeededGenerator
  private(set) var statistics = Statistics()

  init(shape: CollectiveShape, plan: CollectivePlan, delivery: Delivery, seed: UInt64) throws {
    self.shape = shape
    self.delivery = delivery
    let expectation = CollectiveExpectation(shape: shape)
    members = try (0..<shape.size).map { rank in
      Member(
        machine: try CollectiveMachine(shape: shape, plan: plan, rank: rank), cells: expectation.initialCells(rank))
    }
    channels = Array(repeating: [], count: shape.size * shape.size)
    roundsSeen = Array(repeating: [], count: shape.size)
    random = SeededGenerator(seed: seed)
  }

  /// Runs to the end and checks that every member has what the operation promises.
  mutating func run() throws {
    var runnable = Array(0..<shape.size)
    var busy: [Int] = []
    while true {
      let choice = runnable.count + busy.count
      if choice == 0 { break }
      let index = Int.random(in: 0..<choice, using: &random)
      if index < runnable.count {
        let rank = runnable[index]
        if try !step(rank, busy: &busy) { runnable.swapAt(index, runnable.count - 1); runnable.removeLast() }
      } else {
        try deliver(at: index - runnable.count, busy: &busy, runnable: &runnable)
      }
    }
    try checkEnd()
  }

  /// Performs one action; false if the member has to wait.
  private mutating func step(_ rank: Int, busy: inout [Int]) throws -> Bool {
    let action = members[rank].awaited ?? members[rank].machine.next()
    members[rank].awaited = nil
    switch action {
    case .send(let peer, let byteCount, let round):
      try send(from: rank, to: peer, byteCount: byteCount, round: round, busy: &busy)
    case .postReceive(let peer, let byteCount, let round):
      try post(rank, from: peer, byteCount: byteCount, round: round, busy: &busy)
    case .awaitReceive(let round):
      guard members[rank].posted[round] != nil else { throw failure("\(rank) awaits round \(round), never posted") }
      if members[rank].arrived[round] == nil {
        members[rank].awaited = action
        return false
      }
      guard members[rank].awaitedRounds.insert(round).inserted else { throw failure("\(rank) awaits \(round) twice") }
    case .awaitSends(let count):
      guard count <= members[rank].sent else { throw failure("\(rank) awaits \(count) of \(members[rank].sent) sends") }
      members[rank].highestAwaitedSends = max(count, members[rank].highestAwaitedSends)
      if members[rank].left < count {
        members[rank].awaited = action
        return false
      }
    case .reduce(let byteCount): try reduce(rank, byteCount: byteCount)
    case .copy(let byteCount): statistics.copiedBytes += byteCount
    case .finished:
      members[rank].isFinished = true
      return false
    }
    return true
  }

  private mutating func send(from rank: Int, to peer: Int, byteCount: Int, round: Int, busy: inout [Int]) throws {
    guard let contents = members[rank].machine.lastMessage, contents.peer == peer, contents.round == round else {
      throw failure("\(rank)'s contents do not tell of its send to \(peer) in round \(round)")
    }
    guard contents.byteRanges.reduce(0, { $0 + $1.count }) == byteCount else {
      throw failure("\(rank) sends \(byteCount) bytes for \(contents.byteRanges)")
    }
    guard byteCount > 0 || shape.operation == .barrier else { throw failure("\(rank) sends an empty message") }
    guard peer != rank, (0..<shape.size).contains(peer) else { throw failure("\(rank) sends to \(peer)") }
    guard roundsSeen[peer].insert(round).inserted else { throw failure("\(peer) gets round \(round) twice") }
    members[rank].sent += 1
    statistics.messages += 1
    statistics.bytes += byteCount
    statistics.messagesOfBusiestMember = max(statistics.messagesOfBusiestMember, members[rank].sent)
    let channel = rank * shape.size + peer
    channels[channel].append(Message(source: rank, round: round, byteCount: byteCount, ranges: contents.byteRanges))
    if channels[channel].count == 1, mayLeave(channel) { busy.append(channel) }
  }

  private mutating func post(_ rank: Int, from peer: Int, byteCount: Int, round: Int, busy: inout [Int]) throws {
    guard let contents = members[rank].machine.lastMessage, contents.peer == peer, contents.round == round else {
      throw failure("\(rank)'s contents do not tell of its receive from \(peer) in round \(round)")
    }
    guard members[rank].posted.updateValue((contents, byteCount), forKey: round) == nil else {
      throw failure("\(rank) posts round \(round) twice")
    }
    let channel = peer * shape.size + rank
    if delivery == .rendezvous, channels[channel].first?.round == round { busy.append(channel) }
    if let message = members[rank].arrived[round] { try accept(message, at: rank) }
  }

  private func mayLeave(_ channel: Int) -> Bool {
    guard let first = channels[channel].first else { return false }
    return delivery == .eager || members[channel % shape.size].posted[first.round] != nil
  }

  private mutating func deliver(at index: Int, busy: inout [Int], runnable: inout [Int]) throws {
    let channel = busy[index]
    let (source, destination) = channel.quotientAndRemainder(dividingBy: shape.size)
    var message = channels[channel].removeFirst()
    message.cells = message.ranges.flatMap { members[source].cells[$0] }
    if !mayLeave(channel) { busy.swapAt(index, busy.count - 1); busy.removeLast() }
    members[source].left += 1
    members[destination].arrived[message.round] = message
    if members[destination].posted[message.round] != nil { try accept(message, at: destination) }
    if case .awaitReceive(message.round) = members[destination].awaited { runnable.append(destination) }
    if case .awaitSends(let count) = members[source].awaited, count == members[source].left { runnable.append(source) }
  }

  /// The message is in the memory that the receive was posted for.
  private mutating func accept(_ message: Message, at rank: Int) throws {
    guard let (contents, byteCount) = members[rank].posted[message.round] else { return }
    guard contents.peer == message.source, byteCount == message.byteCount, contents.byteRanges == message.ranges else {
      throw failure("\(rank) expects \(contents), \(byteCount) bytes, and gets \(message)")
    }
    if contents.combines {
      members[rank].toCombine[message.round] = message
    } else {
      var offset = 0
      for range in message.ranges {
        members[rank].cells.replaceSubrange(range, with: message.cells[offset..<(offset + range.count)])
        offset += range.count
      }
    }
  }

  private mutating func reduce(_ rank: Int, byteCount: Int) throws {
    guard let contents = members[rank].machine.lastMessage, members[rank].awaitedRounds.contains(contents.round),
      let message = members[rank].toCombine.removeValue(forKey: contents.round), message.byteCount == byteCount
    else { throw failure("\(rank) reduces \(byteCount) bytes that it has not awaited") }
    statistics.reducedBytes += byteCount
    var offset = 0
    for index in message.ranges.joined() {
      members[rank].cells[index] &+= message.cells[offset]
      offset += 1
    }
  }

  private func checkEnd() throws {
    let stuck = members.indices.filter { !members[$0].isFinished }
    guard stuck.isEmpty else {
      let waits = stuck.map { "\($0): \(members[$0].awaited.map { "\($0)" } ?? "?")" }
      throw failure("deadlock: " + waits.joined(separator: ", "))
    }
    let expectation = CollectiveExpectation(shape: shape)
    for (rank, member) in members.enumerated() {
      guard member.toCombine.isEmpty else { throw failure("\(rank) has not combined \(member.toCombine.keys)") }
      guard member.awaitedRounds.count == member.posted.count, member.arrived.count == member.posted.count else {
        throw failure("\(rank) posted \(member.posted.count) receives and awaited \(member.awaitedRounds.count)")
      }
      guard member.highestAwaitedSends == member.sent, member.left == member.sent else {
        throw failure("\(rank) sent \(member.sent) messages and awaited \(member.highestAwaitedSends)")
      }
      for (range, expected) in expectation.finalCells(rank) {
        if let wrong = zip(range, expected).first(where: { member.cells[$0] != $1 }) {
          throw failure("\(rank) ends with a wrong byte \(wrong.0)")
        }
      }
    }
  }

  private func failure(_ text: String) -> Failure { Failure(description: text) }
}
