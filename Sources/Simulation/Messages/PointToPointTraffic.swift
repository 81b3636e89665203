import Communication
import Hosts
import Network
import SimulationKernel

/// Messages from one rank to another, outside of collectives.
///
/// Sendable without checks because it is used only on the engine's thread.
final class PointToPointTraffic: @unchecked Sendable {
  let library: CommunicationLibrary
  weak var observer: (any RunObserver)?
  var account: TrafficAccount?
  private let transits = Pool<SendRequest>()
  private let clearsToSend = Pool<ClearToSend>()
  /// Sends of a rendezvous transport that no receive has been matched with, in the order they were posted. Those below
  /// the threshold have left already.
  private var unmatchedSends: [SendRequest] = []
  /// Receives that no send has been matched with, as far as the senders know.
  private var grants: [Grant] = []
  /// Why two ranks of a group cannot talk to each other any more, if they cannot.
  var failureBehind: ((_ source: Int, _ destination: Int, ProcessGroup) -> RankFailure?)?
  /// How many messages have arrived whose receivers' processors are still dealing with them.
  private var aboutToDeliver: [Route: Int] = [:]
  /// Called when a message has been delivered whose sender has failed meanwhile.
  var lateDelivery: ((LogicalProcess) -> Void)?

  private struct Route: Hashable {
    let source: Int
    let destination: Int
  }

  private enum ClearToSend {
    /// To a known source, whichever of its sends it will be.
    case grant(Grant)
    /// To the sender that a receive from any source has chosen.
    case answer(SendRequest)

    /// The rank that it goes to; where a receive takes any source, the one that posted it keeps it.
    var source: Int {
      switch self {
      case .grant(let grant): grant.source ?? grant.destination
      case .answer(let send): send.source
      }
    }
  }

  /// Leave for one payload from `source` to `destination`, given by a receive that has been posted.
  struct Grant {
    let group: Int
    /// `nil` when the receive takes any source.
    let source: Int?
    let destination: Int
    /// `nil` when the receive takes any tag.
    let tag: Int?

    func allows(_ send: SendRequest) -> Bool {
      group == send.group.id && destination == send.destination && (source == nil || source == send.source)
        && (tag == nil || tag == send.tag)
    }
  }

  init(_ library: CommunicationLibrary) { self.library = library }

  deinit {
    transits.deallocate()
    clearsToSend.deallocate()
  }

  /// Takes over a message at its sender's clock. With a rendezvous transport it waits for the receiver.
  func post(_ send: SendRequest) {
    if let failure = failure(of: send) { return send.fail(with: failure) }
    guard library.profile.wire.rendezvousThresholdBytes != nil else { return dispatch(send) }
    if !library.profile.wire.isRendezvous(byteCount: send.byteCount) { dispatch(send) }
    if send.posted > library.engine.now {
      library.engine.call(at: send.posted, priority: .traffic) { self.offer(send) }
    } else {
      offer(send)
    }
  }

  /// Looks for a receive for a send that has been posted by now. One that has left already is matched too, or its
  /// receive would let another one go.
  private func offer(_ send: SendRequest) {
    if let failure = failure(of: send) { return send.fail(with: failure) }
    guard let index = grants.firstIndex(where: { $0.allows(send) }) else {
      unmatchedSends.append(send)
      return
    }
    match(send, with: grants.remove(at: index))
  }

  private func match(_ send: SendRequest, with grant: Grant) {
    if grant.source == nil { send.usedGrant = grant }
    guard library.profile.wire.isRendezvous(byteCount: send.byteCount) else { return }
    if grant.source == nil {
      notify(send.source, from: send.destination, of: .answer(send), group: send.group)
    } else {
      dispatch(send)
    }
  }

  /// Tells the sender that its payload may leave, when the transport is a rendezvous. A receive from any source takes the
  /// send posted first.
  func receivePosted(
    by destination: Int, from source: Int?, tag: Int?, group: ProcessGroup, at time: VirtualTime
  ) {
    guard library.profile.wire.rendezvousThresholdBytes != nil else { return }
    let grant = Grant(group: group.id, source: source, destination: destination, tag: tag)
    // Now, if it can be: what the rank sends next leaves behind its clear-to-send.
    guard time > library.engine.now else { return announce(grant, to: group) }
    library.engine.call(at: time, priority: .traffic) { [self] in announce(grant, to: group) }
  }

  private func announce(_ grant: Grant, to group: ProcessGroup) {
    if let source = grant.source {
      notify(source, from: grant.destination, of: .grant(grant), group: group)
    } else {
      take(grant)
    }
  }

  private func notify(_ source: Int, from destination: Int, of clearToSend: ClearToSend, group: ProcessGroup) {
    library.network.send(
      byteCount: Double(library.profile.wire.clearToSendBytes),
      on: group.connection(fromWorld: destination, toWorld: source),
      at: endOfWork(library.profile.host.picosecondsPerClearToSend, by: destination),
      token: TrafficKind.pointToPointClearToSend.token(clearsToSend.insert(clearToSend)))
  }

  /// When work of a rank's library will be done that can begin now.
  private func endOfWork(_ picoseconds: Int64, by rank: Int) -> VirtualTime {
    VirtualTime(
      picoseconds: library.processors.end(ofWork: picoseconds, by: rank, from: library.engine.now.picoseconds))
  }

  /// The same for work that an arrival brings, C-state exit latency included.
  private func endOfArrivalsWork(_ picoseconds: Int64, at rank: Int) -> VirtualTime {
    VirtualTime(
      picoseconds: library.processors.end(ofArrivalsWork: picoseconds, by: rank, at: library.engine.now.picoseconds))
  }

  func clearToSendArrived(_ index: Int32) {
    let time = endOfArrivalsWork(library.profile.host.picosecondsPerClearToSend, at: clearsToSend[index].source)
    if time <= library.engine.now { return takeUpClearToSend(index) }
    library.engine.call(at: time, priority: .traffic) { self.takeUpClearToSend(index) }
  }

  private func takeUpClearToSend(_ index: Int32) {
    let clearToSend = clearsToSend[index]
    clearsToSend.remove(index)
    switch clearToSend {
    case .grant(let grant):
      guard let source = grant.source else { return take(grant) }
      library.progress.whenMade(by: library.engine.processes[source]) { self.take(grant) }
    case .answer(let send):
      library.progress.whenMade(by: library.engine.processes[send.source]) { self.dispatch(send) }
    }
  }

  /// Matches a receive with the first send that it allows, or keeps it for one to come.
  private func take(_ grant: Grant) {
    guard let index = unmatchedSends.firstIndex(where: { grant.allows($0) }) else {
      grants.append(grant)
      return
    }
    match(unmatchedSends.remove(at: index), with: grant)
  }

  /// Ends the sends that wait for receivers whom they cannot reach any more, since a device has stopped working. The network
  /// has told of those that were under way.
  func failHopelessSends() {
    for send in unmatchedSends + answered { failIfHopeless(send) }
    unmatchedSends.removeAll { failure(of: $0) != nil }
  }

  private func failIfHopeless(_ send: SendRequest) {
    if let failure = failure(of: send) { send.fail(with: failure) }
  }

  /// Whether a message has arrived whose receiver's processor is still dealing with it.
  func isAboutToDeliver(from source: Int, to destination: Int) -> Bool {
    aboutToDeliver[Route(source: source, destination: destination)] != nil
  }

  private func failure(of send: SendRequest) -> RankFailure? {
    failureBehind?(send.source, send.destination, send.group)
  }

  private var answered: [SendRequest] {
    clearsToSend.indices.compactMap { if case .answer(let send) = clearsToSend[$0] { send } else { nil } }
  }

  /// A message will not arrive.
  func dataLost(_ index: Int32) {
    let send = transits[index]
    transits.remove(index)
    lose(send)
  }

  func clearToSendLost(_ index: Int32) {
    let clearToSend = clearsToSend[index]
    clearsToSend.remove(index)
    if case .answer(let send) = clearToSend { lose(send) }
  }

  /// Ends a send that will not arrive. A receive from any source that has chosen it may take another one.
  private func lose(_ send: SendRequest) {
    failIfHopeless(send)
    guard let grant = send.usedGrant else { return }
    library.engine.call(at: library.engine.now, priority: .traffic) { self.take(grant) }
  }

  private func dispatch(_ send: SendRequest) {
    let index = transits.insert(send)
    let connection = send.group.connection(fromWorld: send.source, toWorld: send.destination)
    let time = max(send.posted, library.engine.now)
    library.send(
      payloadOf: library.profile.wire.bytes(ofPayload: send.byteCount), on: connection, at: time,
      sendToken: TrafficKind.pointToPointSend.token(index), token: TrafficKind.pointToPointData.token(index))
  }

  /// A message, or what is left of it, is in its sender's buffer.
  func sendEnded(_ index: Int32) { transits[index].complete(at: library.engine.now) }

  func dataArrived(_ index: Int32) {
    let send = transits[index]
    transits.remove(index)
    account?.add(from: send.source, to: send.destination, byteCount: send.byteCount)
    observer?.delivered(
      DeliveredMessage(
        source: send.source, destination: send.destination, byteCount: send.byteCount, tag: send.tag,
        isPartOfCollective: false, posted: send.posted, arrived: library.engine.now))
    if !library.endsSendsEarly { send.complete(at: library.engine.now) }
    let work = library.profile.host.receive.picoseconds(byteCount: send.byteCount)
    let time = endOfArrivalsWork(work, at: send.destination)
    if time <= library.engine.now { return deliver(send) }
    let route = Route(source: send.source, destination: send.destination)
    aboutToDeliver[route, default: 0] += 1
    library.engine.call(at: time, priority: .traffic) { self.deliverLater(send, on: route) }
  }

  private func deliverLater(_ send: SendRequest, on route: Route) {
    let left = (aboutToDeliver[route] ?? 1) - 1
    aboutToDeliver[route] = left > 0 ? left : nil
    deliver(send)
    if left == 0, failure(of: send) != nil { lateDelivery?(library.engine.processes[send.destination]) }
  }

  private func deliver(_ send: SendRequest) {
    let envelope = Envelope(
      context: send.group.id, source: send.source, tag: send.tag, content: send.content)
    library.engine.processes[send.destination].mailbox.deliver(envelope)
  }
}
