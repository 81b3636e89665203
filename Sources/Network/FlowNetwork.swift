import Quantities
import SimulationKernel

/// Messages as fluid flows over routes of links, sharing them max-min fairly.
///
/// The latency of a message is paid once, up front, as the sum along its route, and takes no bandwidth. Then its bytes
/// move at the fair rate until all have moved. Messages of one connection leave one after another. Rates change only
/// when a flow starts, ends, or a link changes; all changes of one instant are solved together when it ends.
///
/// A flow that is alone on all its links, as in a ring on a switch, starts and ends in O(length of its route).
/// Otherwise what is solved is the part of the network that is connected by shared links to what has changed.
public final class FlowNetwork {
  /// Who is told of messages.
  public var observer: (any MessageObserver)? {
    get { messageObserver }
    set { messageObserver = newValue }
  }

  /// Whose events move the messages.
  public let engine: Engine
  /// The hosts, links and routes.
  public let topology: Topology
  /// What has happened so far.
  public var statistics: NetworkStatistics { counters }

  private(set) var messageObserver: (any MessageObserver)?
  var counters = NetworkStatistics()
  /// Bytes per second of the links that have another capacity now than in the topology.
  public private(set) var changedCapacities: [LinkID: Double] = [:]
  /// Links that carry nothing, and since when.
  private var outages: [LinkID: VirtualTime] = [:]
  private var tracksLinkUse = false
  private var hasReservations = false
  /// Whether jitter or loss make every message different, so that one may overtake another of its connection.
  public let hasRandomness: Bool

  let links: Pool<LinkState>
  let connections: Pool<Connection>
  let crossings: Pool<Crossing>
  let messages: Pool<QueuedMessage>
  private(set) var numbers: [ConnectionKey: Int32] = [:]
  /// Connections of networks in which some of the traffic has been timed.
  var foreignKeys: Set<ConnectionKey> = []
  private var dirtyLinks: [LinkID] = []
  private var solver = MaxMinSolver()
  private var random: RandomStream
  private var handlerID = EventHandlerID.none
  private var routeScratch: [LinkID] = []
  /// In the order in which they have failed.
  var failedHosts: [Int] = []
  /// The host that has broken each of the connections that are broken.
  var breakers: [Int32: Int] = [:]
  /// Bytes of each connection that have left their sender and have not arrived, at most: see ``SendBuffers``.
  public var sendBufferBytes = 0.0
  var sendBuffers = SendBuffers() { didSet { awaitsTakings = !sendBuffers.isEmpty } }
  /// Whether a message waits to be taken by its sender's buffer; asked by every event.
  private(set) var awaitsTakings = false
  /// Whether the same messages always take the same time: no jitter, no loss, and no link that remembers how long it
  /// has been idle.
  public let isRepeatable: Bool
  var buckets: TokenBuckets
  /// Whether some link forwards whole packets, by deficit round robin.
  let forwardsPackets: Bool
  var acknowledgements = Acknowledgements()
  var reservations = LinkReservations() {
    didSet { hasReservations = !reservations.isEmpty }
  }
  /// What links carry over time, where somebody wants to know.
  public var activity: LinkActivity? { didSet { isSampled = activity != nil } }
  /// What every event asks: a flag of its own costs no check of exclusive access and no reference count.
  private var isSampled = false
  /// When links are first and last used, while somebody wants to know.
  public var linkUse: [LinkID: LinkUse]? {
    didSet { tracksLinkUse = linkUse != nil }
  }

  /// A network in which nothing moves yet. It registers itself with the engine.
  public init(topology: Topology, engine: Engine) {
    self.topology = topology
    self.engine = engine
    links = Pool(capacity: max(1, topology.links.count))
    crossings = Pool(capacity: 2 * topology.hostCount)
    connections = Pool(capacity: topology.hostCount)
    messages = Pool(capacity: topology.hostCount)
    random = RandomStream(seed: engine.seed, stream: 0x6E65_7477_6F72_6B)
    hasRandomness = topology.links.contains { $0.jitterPicoseconds > 0 || $0.loss > 0 }
    buckets = TokenBuckets(topology.links)
    forwardsPackets = topology.links.contains { $0.packetBytes > 0 }
    isRepeatable = !hasRandomness && buckets.isEmpty
    for link in topology.links { _ = links.insert(LinkState(capacity: link.bytesPerSecond)) }
    numbers.reserveCapacity(topology.hostCount)
    handlerID = engine.register(self)
    engine.instantObserver = self
  }

  deinit {
    if engine.instantObserver === self { engine.instantObserver = nil }
    links.deallocate()
    connections.deallocate()
    crossings.deallocate()
    messages.deallocate()
  }

  // MARK: Connections

  /// The connection of a channel, made on first use. Channels of different groups are different connections.
  ///
  /// - Parameter path: which of several equally good paths it takes; by a hash of the channel unless given.
  public func connection(
    from source: Int, to destination: Int, channel: Int, path: PathChoice? = nil
  ) -> ConnectionID {
    let key = ConnectionKey(
      source: source, destination: destination, channel: channel, path: path ?? .hashed(channel))
    if let number = numbers[key] { return ConnectionID(index: number) }
    routeScratch.removeAll(keepingCapacity: true)
    topology.appendRoute(from: source, to: destination, by: key.path, to: &routeScratch)
    let index = connections.count
    var latency: Int64 = 0
    var start: Int32 = 0
    for (hop, link) in routeScratch.enumerated() {
      latency = Picoseconds.sum(latency, topology.links[Int(link)].latencyPicoseconds)
      let crossing = crossings.insert(Crossing(link: link, connection: Int32(index)))
      if hop == 0 { start = crossing }
    }
    let breaker = failedHost(between: source, and: destination, by: key.path)
    let connection = Connection(
      route: routeScratch, routeStart: start, latency: latency, isBroken: breaker != nil)
    let number = connections.insert(connection)
    numbers[key] = number
    if let breaker { breakers[number] = breaker }
    if forwardsPackets { expectAcknowledgements(of: number, for: key) }
    return ConnectionID(index: number)
  }

  /// The links of a connection, in order.
  public func route(of connection: ConnectionID) -> [LinkID] {
    crossingRange(connection.index).map { crossings[$0].link }
  }

  @inline(__always)
  func crossingRange(_ connection: Int32) -> Range<Int32> {
    let start = connections[connection].routeStart
    return start..<(start + connections[connection].routeCount)
  }

  // MARK: Sending

  /// Puts a message into its connection's queue.
  ///
  /// - Parameters:
  ///   - byteCount: bytes on the wire.
  ///   - time: when it is handed over, now or later.
  ///   - token: handed to the observer when the last byte has arrived.
  ///   - reportsTaking: whether the observer is told when its sender's buffer has taken it; for messages that fit into one
  ///     (``sendBufferBytes``), where messages keep their order (``hasRandomness``).
  public func send(
    byteCount: Double, on connection: ConnectionID, at time: VirtualTime, token: UInt64, reportsTaking: Bool = false
  ) {
    let index = connection.index
    guard !connections[index].isBroken else {
      counters.droppedMessages += 1
      messageObserver?.messageLost(token: token, host: breakers[index] ?? -1)
      return
    }
    var bytes = byteCount
    var ready = Picoseconds.sum(time.picoseconds, connections[index].latency)
    if hasRandomness { addRandomDelays(index, bytes: &bytes, ready: &ready) }
    if hasReservations { claim(index, from: ready) }
    counters.messages += 1
    counters.bytes += bytes
    let message = messages.insert(
      QueuedMessage(byteCount: bytes, ready: ready, token: token, next: -1, reportsTaking: reportsTaking))
    enqueue(message, on: index)
    if reportsTaking { awaitTaking(of: message, on: index, from: time) }
    if connections[index].first == message { awaitReadiness(index) }
  }

  /// Messages that are on their way or wait for their turn.
  var pendingMessageCount: Int { messages.count }

  /// Connections in an order that does not depend on hashing.
  var connectionsInOrder: [(key: ConnectionKey, index: Int32)] {
    numbers.map { ($0.key, $0.value) }.sorted { $0.key < $1.key }
  }

  func queue(of index: Int32) -> [QueuedMessage] {
    var queue: [QueuedMessage] = []
    var message = connections[index].first
    while message >= 0 {
      queue.append(messages[message])
      message = messages[message].next
    }
    return queue
  }

  func append(_ message: QueuedMessage, to index: Int32) {
    counters.messages += 1
    counters.bytes += message.byteCount
    enqueue(messages.insert(message), on: index)
  }

  /// Lets a connection go on as another one stood, at times shifted.
  func resume(_ index: Int32, as other: Connection, shift: Int64) {
    guard other.isMoving else { return awaitReadiness(index) }
    connections[index].isMoving = true
    connections[index].positionInComponent = -1
    connections[index].remaining = other.remaining
    connections[index].updated = Picoseconds.sum(other.updated, shift)
    connections[index].rate = other.rate
    for position in crossingRange(index) { join(position, crossings[position].link) }
    scheduleEnd(index)
  }

  /// Keeps the queue in the order in which messages are ready, except for one whose bytes are moving.
  private func enqueue(_ message: Int32, on index: Int32) {
    let last = connections[index].last
    guard last >= 0 else {
      connections[index].first = message
      connections[index].last = message
      return
    }
    let ready = messages[message].ready
    if messages[last].ready <= ready {
      messages[last].next = message
      connections[index].last = message
      return
    }
    var before: Int32 = -1
    var after = connections[index].first
    while after >= 0, messages[after].ready <= ready || (before < 0 && connections[index].isMoving) {
      before = after
      after = messages[after].next
    }
    messages[message].next = after
    if before < 0 { connections[index].first = message } else { messages[before].next = message }
    if after < 0 { connections[index].last = message }
  }

  /// Starts the first message's bytes once its latency is over.
  private func awaitReadiness(_ index: Int32) {
    connections[index].version &+= 1
    let ready = messages[connections[index].first].ready
    scheduleEvent(for: index, at: max(ready, engine.now.picoseconds))
  }

  @inline(__always)
  private func scheduleEvent(for index: Int32, at time: Int64) {
    let token = UInt64(UInt32(bitPattern: index)) | UInt64(connections[index].version & 0xFF_FFFF) << 32
    engine.schedule(at: VirtualTime(picoseconds: time), handlerID, token: token)
  }

  /// Draws the jitter of each link, and what lost packets cost: each is sent once more, and the first loss of a message
  /// is noticed after one round trip (fast retransmission, RFC 5681).
  private func addRandomDelays(_ index: Int32, bytes: inout Double, ready: inout Int64) {
    var delivered = 1.0
    for position in crossingRange(index) {
      let link = topology.links[Int(crossings[position].link)]
      if link.jitterPicoseconds > 0 {
        ready = Picoseconds.sum(ready, Int64(random.nextUnit() * Double(link.jitterPicoseconds)))
      }
      delivered *= 1 - link.loss
    }
    guard delivered < 1 else { return }
    let packetBytes = 1500.0
    let packets = max(1, (bytes / packetBytes).rounded(.up))
    // A message of more packets than that takes longer than virtual time can tell in any case.
    let lost = random.nextBinomial(count: Int(min(packets, 1e15)), probability: 1 - delivered)
    guard lost > 0 else { return }
    bytes += Double(lost) * min(bytes, packetBytes)
    ready = Picoseconds.sum(ready, connections[index].latency)
    ready = Picoseconds.sum(ready, connections[index].latency)
  }

  // MARK: Moving

  private func start(_ index: Int32) {
    connections[index].remaining = messages[connections[index].first].byteCount
    connections[index].updated = engine.now.picoseconds
    connections[index].isMoving = true
    guard connections[index].remaining > 0, connections[index].routeCount > 0 else { return finish(index) }
    if !buckets.isEmpty { spendTokens(index) }
    if awaitsTakings { reportTakings(index) }
    var rate = Double.infinity
    var isAlone = true
    for position in crossingRange(index) {
      let link = crossings[position].link
      join(position, link)
      isAlone = isAlone && links[link].crossings == 1 && !links[link].isDirty
      if tracksLinkUse { noteUse(of: link) }
      rate = min(rate, links[link].capacity)
    }
    connections[index].positionInComponent = -1
    if isAlone {
      connections[index].rate = rate
      scheduleEnd(index)
    } else {
      connections[index].rate = 0
      connections[index].version &+= 1
      markDirty(index)
    }
  }

  /// Lets the first message's bytes pass at once as far as all its links have saved up for it.
  private func spendTokens(_ index: Int32) {
    let route = crossingRange(index).lazy.map { [crossings] in crossings[$0].link }
    connections[index].remaining -= buckets.spend(
      upTo: connections[index].remaining, on: route, at: engine.now.picoseconds
    ) { [links] in links[$0] }
  }

  /// Schedules the end of the first message at its present rate. A stalled flow has no end until a link changes.
  func scheduleEnd(_ index: Int32) {
    connections[index].version &+= 1
    let rate = connections[index].rate
    guard rate > 0 else { return }
    var bytes = connections[index].remaining
    if forwardsPackets { bytes -= bytesToKeep(index) }
    if awaitsTakings { bytes = min(bytes, bytesUntilTaking(index)) }
    let duration = Picoseconds.nearest(seconds: bytes / rate)
    scheduleEvent(for: index, at: Picoseconds.sum(connections[index].updated, duration))
  }

  private func finish(_ index: Int32) {
    let first = connections[index].first
    let message = messages[first]
    messages.remove(first)
    if forwardsPackets { acknowledge(message.byteCount, on: index) }
    if awaitsTakings { sendBuffers.leave(message.byteCount, of: index) }
    connections[index].first = message.next
    if message.next < 0 {
      connections[index].last = -1
      leaveLinks(index, carried: message.byteCount)
    } else if connections[index].routeCount > 0, messages[message.next].ready <= engine.now.picoseconds,
      !passesAtOnce(messages[message.next].byteCount), message.byteCount > 0
    {
      continueWithNext(index, carried: message.byteCount)
    } else {
      leaveLinks(index, carried: message.byteCount)
      awaitReadiness(index)
    }
    messageObserver?.messageArrived(token: message.token)
    if awaitsTakings, reportTakings(index), connections[index].isMoving { scheduleEnd(index) }
  }

  private func passesAtOnce(_ byteCount: Double) -> Bool {
    forwardsPackets ? byteCount < Link.smallBytes : byteCount <= 0
  }

  /// The next message goes on at the same rate over the same links: nothing else changes, unless whole packets are
  /// forwarded.
  private func continueWithNext(_ index: Int32, carried: Double) {
    for position in crossingRange(index) { links[crossings[position].link].carried += carried }
    connections[index].remaining = messages[connections[index].first].byteCount
    connections[index].updated = engine.now.picoseconds
    if forwardsPackets { spendTokens(index) }
    scheduleEnd(index)
    if forwardsPackets { goBehindOthers(index) }
  }

  /// Ends the first message's move. One without bytes has not joined its links.
  private func leaveLinks(_ index: Int32, carried: Double) {
    connections[index].isMoving = false
    connections[index].version &+= 1
    guard carried > 0 else { return }
    withdraw(index, carried: carried)
  }

  /// Takes a connection out of its links' lists.
  ///
  /// - Parameter carried: bytes of its first message that have moved.
  func withdraw(_ index: Int32, carried: Double) {
    for position in crossingRange(index) {
      let link = crossings[position].link
      links[link].carried += carried
      leave(position, link)
      if tracksLinkUse { noteUse(of: link) }
      if links[link].crossings > 0 { markDirty(link: link) }
    }
  }

  private func noteUse(of link: LinkID) {
    let now = engine.now.picoseconds
    linkUse?[link, default: LinkUse(first: now, last: now)].last = now
  }

  // MARK: Lists of moving connections

  @inline(__always)
  func join(_ position: Int32, _ link: LinkID) {
    let first = links[link].firstCrossing
    crossings[position].next = first
    crossings[position].previous = -1
    if first >= 0 { crossings[first].previous = position }
    links[link].firstCrossing = position
    links[link].crossings += 1
  }

  @inline(__always)
  func leave(_ position: Int32, _ link: LinkID) {
    let next = crossings[position].next
    let previous = crossings[position].previous
    if next >= 0 { crossings[next].previous = previous }
    if previous >= 0 { crossings[previous].next = next } else { links[link].firstCrossing = next }
    links[link].crossings -= 1
  }

  // MARK: Sharing

  func markDirty(_ index: Int32) {
    for position in crossingRange(index) { markDirty(link: crossings[position].link) }
  }

  private func markDirty(link: LinkID) {
    guard !links[link].isDirty else { return }
    links[link].isDirty = true
    dirtyLinks.append(link)
    engine.requestInstantEnd()
  }

  /// Lets a flow go on at another rate from now on.
  func setRate(_ rate: Double, of index: Int32) {
    guard connections[index].rate != rate else { return }
    settle(index)
    connections[index].rate = rate
    scheduleEnd(index)
  }

  /// Bytes of the first message that have not moved yet.
  @inline(__always)
  func bytesLeft(_ index: Int32) -> Double {
    let time = engine.now.picoseconds - connections[index].updated
    return max(0, connections[index].remaining - connections[index].rate * Double(time) * 1e-12)
  }

  /// Counts what has moved at the present rate.
  @inline(__always)
  func settle(_ index: Int32) {
    connections[index].remaining = bytesLeft(index)
    connections[index].updated = engine.now.picoseconds
  }

  // MARK: Changes

  /// Gives a link another capacity from now on; zero is an outage, during which its flows stand still.
  public func setCapacity(bytesPerSecond: Double, of link: LinkID) {
    guard links[link].capacity != bytesPerSecond else { return }
    if reservations.end(of: link) > engine.now.picoseconds {
      reservations.holder?.linkIsWanted(link, at: engine.now)
    }
    links[link].capacity = bytesPerSecond
    changedCapacities[link] = bytesPerSecond == topology.links[Int(link)].bytesPerSecond ? nil : bytesPerSecond
    outages[link] = bytesPerSecond > 0 ? nil : engine.now
    if links[link].crossings > 0 { markDirty(link: link) }
  }

  /// Links that are down while messages wait on them, and since when.
  public var stalledLinks: [(link: LinkID, since: VirtualTime)] {
    outages.filter { links[$0.key].crossings > 0 }.map { ($0.key, $0.value) }.sorted { $0.link < $1.link }
  }

  /// A link's present capacity in bytes per second.
  public func capacity(of link: LinkID) -> Double { links[link].capacity }

  /// Bytes that have crossed a link so far; those of messages under way are not counted.
  public func bytesCarried(by link: LinkID) -> Double { links[link].carried }
}

extension FlowNetwork: EventHandler {
  /// Starts or ends the first message of a connection, unless the event has become void.
  public func handle(token: UInt64) {
    if isSampled { activity?.sample(self) }
    let index = Int32(truncatingIfNeeded: token)
    guard UInt64(connections[index].version & 0xFF_FFFF) == token >> 32 else { return }
    if connections[index].isMoving {
      if awaitsTakings, goesOnAfterTaking(index) { return }
      if forwardsPackets, beginTail(index) { return }
      finish(index)
    } else {
      start(index)
    }
  }

  /// The first message of a connection.
  public func subject(token: UInt64) -> String? {
    let index = Int32(truncatingIfNeeded: token)
    guard UInt64(connections[index].version & 0xFF_FFFF) == token >> 32, connections[index].first >= 0,
      let key = connectionsInOrder.first(where: { $0.index == index })?.key
    else { return nil }
    let bytes = messages[connections[index].first].byteCount
    let rate = connections[index].isMoving ? connections[index].rate : links[connections[index].firstLink].capacity
    return "the message of \(formatNumber(bytes, significantDigits: 3)) B from host \(key.source) to host "
      + "\(key.destination) at \(Bandwidth(bytesPerSecond: rate))"
  }

  /// Brings near what the first message of a connection is about to touch.
  public func prepare(token: UInt64) {
    let index = Int32(truncatingIfNeeded: token)
    messages.prefetch(connections[index].first)
    crossings.prefetch(connections[index].routeStart)
    links.prefetch(connections[index].firstLink)
    links.prefetch(connections[index].lastLink)
  }
}

extension FlowNetwork: InstantObserver {
  /// Solves the rates that have to change.
  public func instantEnds() {
    counters.solves += 1
    counters.flowsSolved += solver.solve(dirtyLinks, in: self)
    assert(dirtyLinks.allSatisfy { isSound(link: $0) }, "rates exceed a link's capacity, or its list is broken")
    dirtyLinks.removeAll(keepingCapacity: true)
  }
}
