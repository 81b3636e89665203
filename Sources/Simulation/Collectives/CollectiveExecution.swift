import Communication
import Hosts
import Network
import Quantities
import SimulationKernel

/// One collective of one group: its members' state machines, run over the network.
///
/// Sendable without checks because it is used only on the engine's thread.
final class CollectiveExecution: @unchecked Sendable {
  let group: ProcessGroup
  /// Which of the group's collectives it is.
  let callNumber: Int
  /// As the first member called it.
  let call: CollectiveCall
  let plan: CollectivePlan
  let traffic: CollectiveTraffic
  let members: UnsafeMutablePointer<CollectiveMember>
  let memberCount: Int
  /// The processes that wait for their member's part to end.
  private var waiters: [WaiterToken?]
  private let startLatency: Int64
  private let messageLatency: Int64
  /// Of messages within a node, where that differs.
  private let latencyWithinNode: Int64?
  /// Its name among those under way.
  private(set) var identity = OpenExecutions.Identity(number: -1, generation: 0)
  /// The number that its messages carry.
  var number: Int32 { identity.number }
  private var joinedCount = 0
  private var begunCount = 0
  private var finishedCount = 0
  private(set) var phase = Phase.playing
  /// What every message asks: a flag of its own, since an enum with an error in it is counted when it is read.
  private var hasFailed = false
  private(set) var contributions: [(any Sendable)?]
  /// A result that all members share, computed once.
  private var sharedResult: (any Sendable)?
  /// Clear-to-sends that came before the send, and sends that wait for one, by receiver and round.
  var clearsToSend: Set<RendezvousKey> = []
  var waitingSends: [RendezvousKey: CollectiveTraffic.Transit] = [:]

  /// When members began their part, kept for the observer only.
  private var starts: [Int: VirtualTime] = [:]
  /// Until when members' processors deal with received messages, where the transport makes them.
  var receiverBusyUntil: [Int32: VirtualTime] = [:]

  /// How its members' parts end. `playing` and `timed` may follow each other; `ended` and `failed` stay.
  enum Phase {
    /// By the messages that they send.
    case playing
    /// At times known beforehand.
    case timed
    /// They have ended.
    case ended
    /// With this error. So many messages are still under way and carry its number.
    case failed(any Error, messages: Int)
  }

  struct RendezvousKey: Hashable {
    let receiver: Int32
    let round: Int32
  }

  init(group: ProcessGroup, callNumber: Int, call: CollectiveCall, plan: CollectivePlan, traffic: CollectiveTraffic) {
    self.group = group
    self.callNumber = callNumber
    self.call = call
    self.plan = plan
    self.traffic = traffic
    startLatency = Picoseconds.sum(plan.baseLatency.picoseconds, traffic.library.profile.host.picosecondsPerCollective)
    messageLatency = plan.messageLatency.picoseconds
    latencyWithinNode = plan.withinNode?.latency.picoseconds
    memberCount = group.worldRanks.count
    members = .allocate(capacity: memberCount, alignment: cacheLineByteCount)
    members.initialize(repeating: CollectiveMember(), count: memberCount)
    waiters = Array(repeating: nil, count: memberCount)
    contributions = Array(repeating: nil, count: memberCount)
    identity = traffic.open(self)
  }

  deinit {
    members.deinitialize(count: memberCount)
    UnsafeMutableRawPointer(members).deallocate()
  }

  // MARK: Joining

  /// Whether all members' parts have ended.
  var hasEnded: Bool { finishedCount == memberCount }

  /// Lets a member take part from `time` on.
  func join(_ member: Int, shape: CollectiveShape, contribution: any Sendable, at time: VirtualTime)
    throws(CollectiveError)
  {
    contributions[member] = contribution
    let machine = try CollectiveMachine(shape: shape, plan: plan, rank: member)
    if callNumber == 0 { openFirstConnection(of: member, machine) }
    if traffic.observer != nil { starts[member] = time }
    members[member].join(with: machine, at: time)
    traffic.scheduleStart(of: member, in: identity, at: time)
    joinedCount += 1
  }

  /// Whether all members have joined and none has begun.
  var isAboutToBegin: Bool { joinedCount == memberCount && begunCount == 0 }

  func begin(_ member: Int) {
    guard case .playing = phase, members[member].begin() == .goOn else { return }
    begunCount += 1
    if traffic.library.progress.isStrong { return startMachine(member) }
    // First come, first served: what has waited for this processor since before the call is done first.
    traffic.library.engine.call(at: traffic.library.engine.now, priority: .timeout) { [self] in
      whenProgressIsMade(member) { $0.startMachine(member) }
    }
  }

  private func startMachine(_ member: Int) {
    let now = traffic.library.engine.now.picoseconds
    members[member].clock = now
    let delay = traffic.library.processors.coldCacheDelay(of: group.worldRanks[member], at: now)
    work(Picoseconds.sum(startLatency, delay), by: member)
    advance(member)
  }

  /// Lets the members' parts end at times known beforehand.
  func beTimed() {
    guard case .playing = phase, begunCount == 0 else {
      preconditionFailure("a collective is timed at once before it begins")
    }
    phase = .timed
  }

  /// Lets the members' parts end by messages again.
  func bePlayed() {
    guard case .timed = phase else { preconditionFailure("only what was timed at once is taken over by messages") }
    phase = .playing
  }

  // MARK: Running a member's machine

  private func advance(_ member: Int) {
    let state = members + member
    while let action = state.pointee.nextAction() {
      switch action {
      case .send(let peer, let byteCount, let round):
        send(from: member, to: peer, byteCount: byteCount, round: round)
      case .postReceive(let peer, let byteCount, let round):
        if traffic.library.profile.wire.isRendezvous(byteCount: byteCount) {
          sendClearToSend(from: member, to: peer, round: round)
        }
      case .awaitReceive(let round):
        if state.pointee.await(round: Int32(truncatingIfNeeded: round)) == .nothing { return }
      case .awaitSends(let count):
        if state.pointee.await(sends: Int32(truncatingIfNeeded: count)) == .nothing { return }
      case .reduce(let byteCount):
        work(traffic.library.profile.host.reducePicoseconds(byteCount: byteCount), by: member)
      case .copy(let byteCount):
        work(traffic.library.profile.host.copyPicoseconds(byteCount: byteCount), by: member)
      case .finished:
        return finish(member)
      }
    }
  }

  /// Lets a member's processor do some of the library's work.
  @inline(__always)
  private func work(_ picoseconds: Int64, by member: Int) {
    members[member].clock = traffic.library.processors.end(
      ofWork: picoseconds, by: group.worldRanks[member], from: members[member].clock)
  }

  @inline(__always)
  private func resume(_ member: Int) {
    if traffic.library.progress.isStrong { return goOn(member) }
    whenProgressIsMade(member) { $0.goOn(member) }
  }

  @inline(__always)
  private func goOn(_ member: Int) {
    let now = traffic.library.engine.now.picoseconds
    if members[member].clock < now { members[member].clock = now }
    advance(member)
  }

  /// Does what the library does on a member's host as soon as it makes progress there.
  private func whenProgressIsMade(_ member: Int, _ action: @escaping (CollectiveExecution) -> Void) {
    traffic.library.progress.whenMade(by: process(of: member)) { [self] in
      if members[member].state != .failed { action(self) }
    }
  }

  func finish(_ member: Int) {
    members[member].finish()
    finishedCount += 1
    observeEnd(of: member)
    if finishedCount == memberCount { end() }
    if let waiter = waiters[member] {
      waiters[member] = nil
      traffic.library.engine.wake(waiter, at: endTime(of: member))
    }
  }

  private func end() {
    assert((0..<memberCount).allSatisfy { members[$0].state == .finished }, "a collective ends with its last member")
    phase = .ended
    traffic.close(number)
    group.close(self)
  }

  /// When a member's part ended.
  func endTime(of member: Int) -> VirtualTime { VirtualTime(picoseconds: members[member].clock) }

  private func observeEnd(of member: Int) {
    guard let observer = traffic.observer else { return }
    observer.ended(
      EndedCollective(
        rank: group.worldRanks[member], operation: call.shape.operation, byteCount: call.byteCount,
        groupName: group.name,
        start: starts[member] ?? .zero, end: VirtualTime(picoseconds: members[member].clock)))
  }

  /// Ends the parts that have not ended with an error. Messages under way go on and change nothing any more.
  func fail(with error: any Error) {
    guard case .playing = phase else {
      preconditionFailure("a collective that fails is played by messages by then, and has neither ended nor failed")
    }
    phase = .failed(error, messages: traffic.messagesUnderWay(of: number))
    hasFailed = true
    waitingSends = [:]
    clearsToSend = []
    for member in 0..<memberCount where members[member].fail() {
      guard let waiter = waiters[member] else { continue }
      waiters[member] = nil
      traffic.library.engine.wake(waiter, throwing: error)
    }
    closeIfForgotten()
  }

  /// A message that carried this collective's number has arrived, or never will.
  @inline(__always)
  func messageIsGone() {
    guard hasFailed, case .failed(let error, let messages) = phase else { return }
    phase = .failed(error, messages: messages - 1)
    closeIfForgotten()
  }

  private func closeIfForgotten() {
    if case .failed(_, messages: 0) = phase { traffic.close(number) }
  }

  // MARK: Messages

  private func send(from member: Int, to peer: Int, byteCount: Int, round: Int) {
    let state = members + member
    let profile = traffic.library.profile
    if !profile.host.send.isZero { work(profile.host.send.picoseconds(byteCount: byteCount), by: member) }
    let transit = CollectiveTraffic.Transit(
      execution: number, sender: Int32(truncatingIfNeeded: member), receiver: Int32(truncatingIfNeeded: peer),
      round: Int32(truncatingIfNeeded: round), byteCount: byteCount,
      posted: posted(from: member, to: peer, at: state.pointee.clock))
    if profile.wire.isRendezvous(byteCount: byteCount) {
      let key = RendezvousKey(receiver: transit.receiver, round: transit.round)
      guard clearsToSend.remove(key) != nil else {
        waitingSends[key] = transit
        return
      }
    }
    dispatch(transit)
  }

  @inline(__always)
  private func dispatch(_ transit: CollectiveTraffic.Transit) {
    let bytes = traffic.library.profile.wire.bytes(ofPayload: transit.byteCount) * wireByteFactor(of: transit)
    traffic.send(
      transit, kind: .collectiveData, wireBytes: bytes,
      on: connection(from: Int(transit.sender), to: transit.receiver, round: transit.round))
  }

  /// When a message leaves: before its member's clock where the plan's latency shortens the path's.
  @inline(__always)
  private func posted(from member: Int, to peer: Int, at clock: Int64) -> Int64 {
    if let latencyWithinNode, group.shareNode(member, peer) { return Picoseconds.sum(clock, latencyWithinNode) }
    return Picoseconds.sum(clock, messageLatency)
  }

  @inline(__always)
  private func wireByteFactor(of transit: CollectiveTraffic.Transit) -> Double {
    guard let within = plan.withinNode, group.shareNode(Int(transit.sender), Int(transit.receiver)) else {
      return plan.wireByteFactor
    }
    return within.wireByteFactor
  }

  /// Makes the connection of a member's first message when it joins the group's first collective. Members mostly join in
  /// rank order, so what the network knows of neighbours lies side by side in memory; first messages leave in any order.
  private func openFirstConnection(of member: Int, _ machine: CollectiveMachine) {
    var machine = machine
    while true {
      switch machine.next() {
      case .send(let peer, _, _):
        _ = connection(from: member, to: Int32(truncatingIfNeeded: peer))
        return
      case .awaitReceive, .awaitSends, .finished: return
      case .postReceive, .reduce, .copy: continue
      }
    }
  }

  /// The connection of one of the plan's rings, where each takes a path of its own.
  @inline(__always)
  private func connection(from member: Int, to peer: Int32, round: Int32) -> ConnectionID {
    guard let lane = plan.lane(from: member, to: Int(peer), round: Int(round)) else {
      return connection(from: member, to: peer)
    }
    return group.connection(from: member, to: Int(peer), lane: lane)
  }

  private func connection(from member: Int, to peer: Int32) -> ConnectionID {
    if members[member].peer == peer { return members[member].connection }
    let connection = group.connection(from: member, to: Int(peer))
    members[member].peer = peer
    members[member].connection = connection
    return connection
  }

  private func sendClearToSend(from member: Int, to peer: Int, round: Int) {
    work(traffic.library.profile.host.picosecondsPerClearToSend, by: member)
    let transit = CollectiveTraffic.Transit(
      execution: number, sender: Int32(truncatingIfNeeded: member), receiver: Int32(truncatingIfNeeded: peer),
      round: Int32(truncatingIfNeeded: round), byteCount: 0, posted: members[member].clock)
    traffic.send(
      transit, kind: .collectiveClearToSend, wireBytes: Double(traffic.library.profile.wire.clearToSendBytes),
      on: connection(from: member, to: transit.receiver))
  }

  /// The sender of the clear-to-send is ready to receive: what waits for it may leave.
  func clearToSendArrived(_ clearToSend: CollectiveTraffic.Transit) {
    if hasFailed { return }
    if traffic.library.progress.isStrong { return take(clearToSend) }
    whenProgressIsMade(Int(clearToSend.receiver)) { $0.take(clearToSend) }
  }

  private func take(_ clearToSend: CollectiveTraffic.Transit) {
    let key = RendezvousKey(receiver: clearToSend.sender, round: clearToSend.round)
    let taken = traffic.library.processors.end(
      ofArrivalsWork: traffic.library.profile.host.picosecondsPerClearToSend,
      by: group.worldRanks[Int(clearToSend.receiver)],
      at: traffic.library.engine.now.picoseconds)
    guard let waiting = waitingSends.removeValue(forKey: key) else {
      clearsToSend.insert(key)
      return
    }
    dispatch(waiting.posted(noEarlierThan: taken))
  }

  func sendCompleted(_ sender: Int32) {
    if members[Int(sender)].completeSend() == .goOn { resume(Int(sender)) }
  }

  /// Takes up the receiver's processor for a message and returns when it will have been dealt with.
  func occupyReceiver(_ transit: CollectiveTraffic.Transit) -> VirtualTime {
    let begin = max(traffic.library.engine.now, receiverBusyUntil[transit.receiver] ?? .zero)
    let work = traffic.library.profile.host.receive.picoseconds(byteCount: transit.byteCount)
    let end = VirtualTime(
      picoseconds: traffic.library.processors.end(
        ofArrivalsWork: work, by: group.worldRanks[Int(transit.receiver)], at: begin.picoseconds))
    receiverBusyUntil[transit.receiver] = end
    return end
  }

  @inline(__always)
  func received(_ transit: CollectiveTraffic.Transit) {
    if members[Int(transit.receiver)].receive(transit.round) == .goOn { resume(Int(transit.receiver)) }
  }

  // MARK: Results

  /// A result that is the same for every member: computed by the first that asks.
  func shared<Result: Sendable>(_ compute: () -> Result) -> Result {
    if let known = sharedResult as? Result { return known }
    let result = compute()
    sharedResult = result
    return result
  }

  func contribution<Contribution>(of member: Int, as type: Contribution.Type) -> Contribution? {
    contributions[member] as? Contribution
  }

  /// Everybody's contribution, in rank order. All have arrived once a member that depends on them has ended.
  func contributed<Contribution>(as type: Contribution.Type) -> [Contribution] {
    contributions.compactMap { $0 as? Contribution }
  }
}

extension CollectiveExecution: PendingOperation {
  func wait(for member: Int, at location: SourceLocation) async throws {
    let process = process(of: member)
    if case .failed(let error, _) = phase, members[member].state == .failed { throw error }
    if members[member].state != .finished { try await process.suspend(on: self, member: member, at: location) }
    process.catchUp(with: endTime(of: member))
  }

  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool {
    let process = process(of: member)
    try await process.synchronize(at: location)
    if members[member].state == .failed { return true }
    return members[member].state == .finished && members[member].clock <= process.now.picoseconds
  }

  private func process(of member: Int) -> LogicalProcess { traffic.library.engine.processes[group.worldRanks[member]] }
}

extension CollectiveExecution: WaitSubject {
  func setWaiter(_ token: WaiterToken, for member: Int) { waiters[member] = token }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    let missing = (0..<memberCount).filter { members[$0].state == .absent }
    let waitsOn = missing.isEmpty ? (0..<memberCount).filter { members[$0].state != .finished } : missing
    let detail = missing.isEmpty ? "" : "; \(missing.count) of \(memberCount) have not called it"
    return WaitDescription(
      operation: "\(call) of group \(group.name)\(detail)",
      waitsOn: waitsOn.map { group.worldRanks[$0] }.filter { $0 != process.id })
  }
}

extension CollectiveTraffic.Transit {
  /// The same message in another execution, at another time.
  func moved(to execution: Int32, shiftedBy shift: Int64) -> Self {
    Self(
      execution: execution, sender: sender, receiver: receiver, round: round, byteCount: byteCount,
      posted: Picoseconds.sum(posted, shift))
  }

  fileprivate func posted(noEarlierThan time: Int64) -> Self {
    Self(
      execution: execution, sender: sender, receiver: receiver, round: round, byteCount: byteCount,
      posted: max(posted, time))
  }
}
