import Communication
import Network
import SimulationKernel

/// Messages from one rank to another, outside of collectives.
///
/// Sendable without checks because it is used only on the engine's thread.
final class PointToPointTraffic: @unchecked Sendable {
  let engine: Engine
  let network: FlowNetwork
  let profile: TransportProfile
  weak var observer: (any RunObserver)?
  var account: TrafficAccount?
  private let transits = Pool<SendRequest>()
  private let notices = Pool<Grant>()
  /// Sends that wait for their receiver's notice, in the order they were posted.
  private var waitingSends: [SendRequest] = []
  /// Notices that came before their send.
  private var grants: [Grant] = []

  /// Leave for one payload from `source` to `destination`, given by a receive that has been posted.
  private struct Grant {
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

  init(engine: Engine, network: FlowNetwork, profile: TransportProfile) {
    self.engine = engine
    self.network = network
    self.profile = profile
  }

  deinit {
    transits.deallocate()
    notices.deallocate()
  }

  /// Takes over a message at its sender's clock. With a rendezvous transport it waits for the receiver.
  func post(_ send: SendRequest) {
    guard profile.isRendezvous(byteCount: send.byteCount) else { return dispatch(send) }
    guard let index = grants.firstIndex(where: { $0.allows(send) }) else {
      waitingSends.append(send)
      return
    }
    let grant = grants.remove(at: index)
    if grant.source == nil {
      sendNotice(grant, to: send)
    } else {
      dispatch(send)
    }
  }

  /// Tells the sender that its payload may leave, when the transport is a rendezvous. A receive from any source takes the
  /// send posted first.
  func receivePosted(
    by destination: Int, from source: Int?, tag: Int?, group: ProcessGroup, at time: VirtualTime
  ) {
    guard profile.rendezvousThresholdBytes != nil else { return }
    let grant = Grant(group: group.id, source: source, destination: destination, tag: tag)
    engine.call(at: time, priority: .traffic) { [self] in
      if let source {
        let index = notices.insert(grant)
        network.send(
          byteCount: Double(profile.noticeBytes), on: group.connection(fromWorld: destination, toWorld: source),
          at: engine.now, token: TrafficKind.pointToPointNotice.token(index))
      } else if let index = waitingSends.firstIndex(where: { grant.allows($0) }) {
        sendNotice(grant, to: waitingSends[index])
      } else {
        grants.append(grant)
      }
    }
  }

  private func sendNotice(_ grant: Grant, to send: SendRequest) {
    let narrowed = Grant(group: grant.group, source: send.source, destination: grant.destination, tag: send.tag)
    if !waitingSends.contains(where: { $0 === send }) { waitingSends.append(send) }
    let index = notices.insert(narrowed)
    network.send(
      byteCount: Double(profile.noticeBytes),
      on: send.group.connection(fromWorld: send.destination, toWorld: send.source), at: engine.now,
      token: TrafficKind.pointToPointNotice.token(index))
  }

  func noticeArrived(_ index: Int32) {
    let grant = notices[index]
    notices.remove(index)
    guard let position = waitingSends.firstIndex(where: { grant.allows($0) }) else {
      grants.append(grant)
      return
    }
    dispatch(waitingSends.remove(at: position))
  }

  /// Ends sends to a rank whose device has stopped working.
  func failSends(to rank: Int, with failure: RankFailure) {
    for send in waitingSends + underWay where send.destination == rank { send.fail(with: failure) }
    waitingSends.removeAll { $0.destination == rank }
  }

  private var underWay: [SendRequest] { transits.indices.map { transits[$0] } }

  private func dispatch(_ send: SendRequest) {
    let index = transits.insert(send)
    network.send(
      byteCount: profile.wireBytes(byteCount: send.byteCount),
      on: send.group.connection(fromWorld: send.source, toWorld: send.destination), at: max(send.posted, engine.now),
      token: TrafficKind.pointToPointData.token(index))
  }

  func dataArrived(_ index: Int32) {
    let send = transits[index]
    transits.remove(index)
    account?.add(from: send.source, to: send.destination, byteCount: send.byteCount)
    observer?.delivered(
      DeliveredMessage(
        source: send.source, destination: send.destination, byteCount: send.byteCount, tag: send.tag,
        isPartOfCollective: false, posted: send.posted, arrived: engine.now))
    send.complete(at: engine.now)
    let overhead = profile.receive.picoseconds(byteCount: send.byteCount)
    if overhead == 0 {
      deliver(send)
    } else {
      engine.call(at: engine.now.advanced(byPicoseconds: overhead), priority: .traffic) { self.deliver(send) }
    }
  }

  private func deliver(_ send: SendRequest) {
    let envelope = Envelope(
      context: send.group.id, source: send.source, tag: send.tag, content: send.content)
    engine.processes[send.destination].mailbox.deliver(envelope)
  }
}
