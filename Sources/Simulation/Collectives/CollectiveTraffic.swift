import Hosts
import Network
import SimulationKernel

/// The messages of all collectives under way, and the events of their members.
final class CollectiveTraffic: EventHandler {
  /// A message under way; sender and receiver are ranks in the collective's group.
  struct Transit {
    let execution: Int32
    let sender: Int32
    let receiver: Int32
    let round: Int32
    let byteCount: Int
    let posted: Int64
  }

  let library: CommunicationLibrary
  weak var observer: (any RunObserver)? {
    didSet { isWatched = observer != nil || account != nil }
  }
  var account: TrafficAccount? {
    didSet { isWatched = observer != nil || account != nil }
  }
  private var isWatched = false
  /// An event of one member of one collective.
  private struct MemberEvent {
    enum Kind { case start, timedEnd }

    let execution: OpenExecutions.Identity
    let member: Int32
    let kind: Kind
  }

  private let transits: Pool<Transit>
  private let memberEvents: Pool<MemberEvent>
  private var executions = OpenExecutions()
  private var handlerID = EventHandlerID.none

  /// Marks the events of members.
  private static let memberFlag: UInt64 = 1 << 54

  /// Messages that receivers' processors deal with, and until when.
  private var processing: [Int32: VirtualTime] = [:]

  init(_ library: CommunicationLibrary) {
    self.library = library
    transits = Pool(capacity: library.network.topology.hostCount)
    memberEvents = Pool(capacity: library.network.topology.hostCount)
    handlerID = library.engine.register(self)
  }

  deinit {
    transits.deallocate()
    memberEvents.deallocate()
  }

  /// Gives an execution its number among those under way.
  func open(_ execution: CollectiveExecution) -> OpenExecutions.Identity { executions.insert(execution) }

  /// Frees the number of an execution that has ended and whose messages are all gone.
  func close(_ number: Int32) {
    assert(messagesUnderWay(of: number) == 0, "a message would belong to a collective that has ended")
    executions.remove(number)
  }

  /// How many messages carry an execution's number. O(messages under way).
  func messagesUnderWay(of number: Int32) -> Int {
    transits.indices.count { transits[$0].execution == number }
  }

  @inline(__always)
  func send(_ transit: Transit, kind: TrafficKind, wireBytes: Double, on connection: ConnectionID) {
    let index = transits.insert(transit)
    let time = VirtualTime(picoseconds: transit.posted)
    guard kind == .collectiveData else {
      return library.network.send(byteCount: wireBytes, on: connection, at: time, token: kind.token(index))
    }
    library.send(
      payloadOf: wireBytes, on: connection, at: time, sendToken: TrafficKind.collectiveSend.token(index),
      token: kind.token(index))
  }

  /// A message, or what is left of it, is in its sender's buffer.
  func sendEnded(_ index: Int32) {
    let transit = transits[index]
    executions[transit.execution].sendCompleted(transit.sender)
  }

  func dataArrived(_ index: Int32) {
    let transit = transits[index]
    let execution = executions[transit.execution]
    if isWatched { observe(transit, of: execution) }
    if !library.endsSendsEarly { execution.sendCompleted(transit.sender) }
    if library.profile.host.receive.isZero, !library.processors.mayBeIdle {
      transits.remove(index)
      execution.received(transit)
      execution.messageIsGone()
    } else {
      let time = execution.occupyReceiver(transit)
      processing[index] = time
      library.engine.schedule(at: time, handlerID, token: UInt64(UInt32(bitPattern: index)))
    }
  }

  func clearToSendArrived(_ index: Int32) {
    let transit = transits[index]
    transits.remove(index)
    let execution = executions[transit.execution]
    execution.clearToSendArrived(transit)
    execution.messageIsGone()
  }

  /// A message will not arrive, since a host has failed. Where it is no member, but would have relayed the message, no
  /// collective of the group can end any more.
  func messageLost(_ index: Int32, host: Int) {
    let execution = executions[transits[index].execution]
    transits.remove(index)
    execution.messageIsGone()
    let group = execution.group
    guard let failure = group.failure(behind: host) else { return }
    // Not amid what a member is about to do.
    library.engine.call(at: library.engine.now, priority: .traffic) { group.fail(with: failure) }
  }

  /// Lets a member start its part at `time`.
  func scheduleStart(of member: Int, in execution: OpenExecutions.Identity, at time: VirtualTime) {
    let event = MemberEvent(execution: execution, member: Int32(truncatingIfNeeded: member), kind: .start)
    schedule(event, at: time, priority: .process)
  }

  /// Lets a member's part end at `time`.
  func scheduleUncontendedEnd(of member: Int, in execution: OpenExecutions.Identity, at time: VirtualTime) {
    let event = MemberEvent(execution: execution, member: Int32(truncatingIfNeeded: member), kind: .timedEnd)
    schedule(event, at: max(time, library.engine.now), priority: .traffic)
  }

  private func schedule(_ event: MemberEvent, at time: VirtualTime, priority: EventPriority) {
    let index = memberEvents.insert(event)
    let token = UInt64(UInt32(bitPattern: index)) | Self.memberFlag
    library.engine.schedule(at: time, priority: priority, handlerID, token: token)
  }

  /// Takes over an isolated simulation's messages for the execution that has adopted its members.
  func adopt(
    _ simulated: CollectiveTraffic, for execution: CollectiveExecution, shiftedBy shift: Int64,
    network other: FlowNetwork
  ) {
    library.network.adopt(messagesOf: other, shiftedByPicoseconds: shift, channel: execution.group.id) { token in
      let transit = simulated.transits[Int32(truncatingIfNeeded: token)]
      let index = transits.insert(transit.moved(to: execution.number, shiftedBy: shift))
      return token & 0xFFFF_FFFF_0000_0000 | UInt64(UInt32(bitPattern: index))
    }
    for (foreign, time) in simulated.processing.sorted(by: { $0.key < $1.key }) {
      let index = transits.insert(simulated.transits[foreign].moved(to: execution.number, shiftedBy: shift))
      let moved = time.advanced(byPicoseconds: shift)
      processing[index] = moved
      library.engine.schedule(at: moved, handlerID, token: UInt64(UInt32(bitPattern: index)))
    }
  }

  func handle(token: UInt64) {
    let index = Int32(truncatingIfNeeded: token)
    if token & Self.memberFlag != 0 {
      let event = memberEvents[index]
      memberEvents.remove(index)
      guard let execution = executions[event.execution] else { return }
      switch event.kind {
      case .start: execution.begin(Int(event.member))
      case .timedEnd: execution.finishUncontended(Int(event.member))
      }
    } else {
      let transit = transits[index]
      processing[index] = nil
      transits.remove(index)
      let execution = executions[transit.execution]
      execution.received(transit)
      execution.messageIsGone()
    }
  }

  private func observe(_ transit: Transit, of execution: CollectiveExecution) {
    let source = execution.group.worldRanks[Int(transit.sender)]
    let destination = execution.group.worldRanks[Int(transit.receiver)]
    account?.add(from: source, to: destination, byteCount: transit.byteCount)
    observer?.delivered(
      DeliveredMessage(
        source: source, destination: destination, byteCount: transit.byteCount,
        tag: Int(transit.round), isPartOfCollective: true, posted: VirtualTime(picoseconds: transit.posted),
        arrived: library.engine.now))
  }
}
