import Communication
import Hosts
import Quantities
import Simulation
import SimulationKernel
import Uniference

/// One rank in virtual time: takes its process's requests one after another and does what they ask.
///
/// Sendable without checks because it is used only on the engine's thread.
final class RankConversation: @unchecked Sendable {
  let rank: Rank
  let process: LogicalProcess
  let link: RankLink
  let session: WorldSession
  /// What the rank does now, or did last.
  private(set) var currentCall: CallDescription?
  /// Collectives, sends and receives until now.
  private var callCount = 0
  private var activity = RankState.Activity.script
  var groups: [UInt32: RankGroup] = [:]
  var pending: [UInt32: PendingCall] = [:]
  /// Since when threads have waited for operations that they wait for together.
  var waitStarts: [UInt32: VirtualTime] = [:]
  /// What the rank's threads wait for together at present.
  var threadsWait: ThreadsWait?
  /// The rank's questions since it last did something else.
  var polling = Polling()
  /// How far questions for the time have moved the clock since an interval was last charged.
  var askedPicoseconds: Int64 = 0
  /// The streams of the rank's accelerator, where the script uses CUDA.
  private(set) var streams: DeviceStreams?
  /// The stream that is given what the script does.
  var currentStream: StreamClocks.Stream = 0
  /// The latest call of each group that has not been waited for.
  var latestCalls: [UInt32: Work<Delivery>] = [:]
  /// What the rank has been told of last: its blocks stay valid until the next request.
  private var delivered: Delivery?

  init(rank: Rank, process: LogicalProcess, link: RankLink, session: WorldSession) {
    self.rank = rank
    self.process = process
    self.link = link
    self.session = session
  }

  /// Follows the script from its beginning to its end.
  func run(welcome: [UInt8]) async throws {
    if session.usesStreams {
      rank.simulatedDevice?.openStreams()
      streams = rank.simulatedDevice?.streams
    }
    session.permits.answer(link, welcome, at: process.now)
    rank.beginPhase(ScriptPhase.start.rawValue)
    var isContinued = false
    while true {
      activity = .script
      // What the script does next begins at its host's time, whatever its streams have been given.
      if let streams { process.setClock(to: max(streams.hostTime, process.engine.now)) }
      let request = try await process.hold(
        for: "the script's computing", reportedBy: session, isContinued: isContinued
      ) { link.take(into: $0) }
      isContinued = if case .progress = request.content { true } else { false }
      activity = .waiting(operation: request.content.waitName)
      if case .forget(let handle) = request.content {
        pending[handle] = nil
        waitStarts[handle] = nil
        continue
      }
      delivered = nil
      if case .goodbye(let exitCode, let reason) = request.content {
        try await charge(request.interval, before: "the end")
        if let streams {
          try await take(.synchronizeDevice, streams)
          streams.finish()
        }
        // Torch has kept it within the device's capacity.
        for use in link.memoryUses { try? rank.simulatedDevice?.allocate(use.byteCount, label: use.label) }
        activity = .ended
        if exitCode != 0 { throw ScriptFailure(rank: rank.index, exitCode: exitCode, reason: reason) }
        return
      }
      try await perform(request)
    }
  }

  /// What the rank does now.
  var state: RankState { RankState(time: scriptTime, callCount: callCount, activity: activity) }

  private func perform(_ request: RankRequest) async throws {
    if !request.content.isQuestion { polling.end() }
    do {
      switch request.content {
      case .group(let group):
        try await charge(request.interval, before: "new_group")
        try await define(group)
      case .declaration(let declaration): try declare(declaration, site: request.interval.site)
      case .collective(let collective): try await perform(collective, request)
      case .send(let message):
        try await perform(message, as: "send", request) { try self.startSend(message, in: $0) }
      case .receive(let message):
        try await perform(message, as: "recv", request) { try self.startReceive(message, in: $0) }
      case .wait(let handle, let timeout): try await wait(for: handle, timeout: timeout, request.interval)
      case .test(let handle): try await onHost(request) { try await self.test(handle, $0) }
      case .now: try await onHost(request, tellTime)
      case .event(let event): try await tellTime(ofEvent: event, request.interval)
      case .sleep(let nanoseconds):
        try await onHost(request) { try await self.sleep(nanoseconds: nanoseconds, $0) }
      case .store(let access): try await onHost(request) { try await self.perform(access, $0) }
      case .phase(let name):
        let name = link.text(name) ?? "\(name)"
        try await chargeBeforePhase(name, request.interval)
        rank.beginPhase(name)
      case .waitForAny(let threads): try await onHost(request) { try await self.waitForAny(threads, $0) }
      case .expect(let keys): try await onHost(request) { try await self.expect(keys, $0) }
      case .progress: try await chargeBeforeQuestion(request.interval)
      case .forget, .goodbye: break
      }
    } catch let error as CommunicationError {
      try refuse(request, "\(error.operation): \(error.reason)")
    } catch let error as RefusedCall {
      try refuse(request, error.description)
    } catch let error as RankFailure {
      try refuse(request, error.description)
    } catch let error as CollectiveError {
      try refuse(request, error.description)
    }
  }

  /// Does what concerns the host alone, on its clock.
  private func onHost(_ request: RankRequest, _ body: (Interval) async throws -> Void) async throws {
    guard let streams else { return try await body(request.interval) }
    try await chargeBeforeQuestion(request.interval)
    let charged = Interval(site: request.interval.site, hadWork: request.interval.hasWork)
    try await streams.onHost { try await body(charged) }
  }

  /// Tells the script that its call was wrong; for one that goes on in the background, when it waits for it.
  private func refuse(_ request: RankRequest, _ message: String) throws {
    if request.isAnswered {
      fail(.error, message)
    } else if let handle = request.content.handle {
      pending[handle] = .refused(message)
    }
  }

  // MARK: Operations

  private func perform(_ request: CollectiveRequest, _ whole: RankRequest) async throws {
    let group = try group(request.group)
    let call = request.described(on: link, group: group.name, site: whole.interval.site)
    try await charge(whole.interval, before: call.operationAndOperand)
    begin(call)
    group.note(call)
    try await beginOnDevice(group: request.group)
    let work: Work<Delivery>
    do {
      work = try start(request, in: group.communicator)
    } catch let mismatch as CollectiveMismatch {
      throw explain(mismatch, in: group, call)
    }
    if worksOnDevice(request.group) { latestCalls[request.group] = work }
    try await settle(
      work, group: request.group, handle: request.handle, call, isAnswered: whole.isAnswered,
      request.timeoutNanoseconds)
  }

  private func perform(
    _ request: PointToPointRequest, as name: String, _ whole: RankRequest,
    _ start: (any Communicator) throws -> Work<Delivery>
  ) async throws {
    let group = try group(request.group)
    let call = request.described(as: name, on: link, group: group.name, site: whole.interval.site)
    try await charge(whole.interval, before: call.operationAndOperand)
    begin(call)
    try await beginOnDevice(group: request.group, keepsOrder: false)
    let work = try start(group.communicator)
    try await settle(work, group: request.group, handle: request.handle, call, isAnswered: whole.isAnswered, nil)
  }

  /// Waits for the work and answers, or keeps it until the script waits.
  private func settle(
    _ work: Work<Delivery>, group: UInt32, handle: UInt32, _ call: CallDescription, isAnswered: Bool, _ timeout: Int64?
  ) async throws {
    if isAnswered {
      if try await finish(work, call, group: group, timeout: timeout, as: call.place) == nil {
        tellTimeOut(of: call, timeout)
      }
    } else {
      rank.noteCall(call.place, from: process.now)
      pending[handle] = .underWay(work, call, group: group)
    }
  }

  private func wait(for handle: UInt32, timeout: Int64?, _ interval: Interval) async throws {
    // What threads have waited for together has been charged, and its time-out has begun.
    let beginning = waitStarts.removeValue(forKey: handle)
    switch pending[handle] {
    case .underWay(let work, let call, let group):
      if beginning == nil {
        try await charge(interval, before: "wait of \(call.operationAndOperand)")
      } else {
        try await chargeBeforeQuestion(interval)
      }
      note(call)
      let place = CallDescription(operation: "wait of \(call.operation)", site: link.text(interval.site)).place
      if try await finish(work, call, group: group, since: beginning, timeout: timeout, as: place) == nil {
        tellTimeOut(of: call, timeout)
      } else {
        pending[handle] = nil
      }
    case .refused(let message):
      try await charge(interval, before: "wait")
      pending[handle] = nil
      fail(.error, message)
    case nil:
      throw RefusedCall("operation \(handle) is not under way; it was waited for before")
    }
  }

  /// Waits for the work and answers with what it brought; `nil` when it did not end in time.
  ///
  /// - Parameters:
  ///   - beginning: when waiting for it began; now unless given.
  ///   - place: what the script has called for it and where.
  private func finish(
    _ work: Work<Delivery>, _ call: CallDescription, group: UInt32?, since beginning: VirtualTime? = nil,
    timeout: Int64?, as place: String
  ) async throws -> Delivery? {
    guard let streams else {
      return try await finish(work, since: beginning, timeout: timeout, as: place)
    }
    guard let group, worksOnDevice(group) else {
      return try await streams.onHost { try await self.finish(work, since: beginning, timeout: timeout, as: place) }
    }
    streams.beginWait(on: currentStream)
    let start = process.now
    let delivery = try await work.wait()
    rank.noteCall(place, from: start)
    streams.endWait(on: currentStream)
    if call.operation == "barrier" { streams.synchronizeHost(withStream: currentStream) }
    deliver(delivery)
    return delivery
  }

  private func finish(_ work: Work<Delivery>, since beginning: VirtualTime?, timeout: Int64?, as place: String)
    async throws -> Delivery?
  {
    let start = process.now
    defer { rank.noteCall(place, from: start) }
    let delivery: Delivery?
    if let timeout {
      let deadline = (beginning ?? process.now).advanced(byPicoseconds: Picoseconds.whole(nanoseconds: timeout))
      delivery = try await process.doing(until: deadline) { try await work.waitRepeatably() }
    } else {
      delivery = try await work.wait()
    }
    if let delivery { deliver(delivery) }
    return delivery
  }

  private func tellTimeOut(of call: CallDescription, _ nanoseconds: Int64?) {
    let milliseconds = (nanoseconds ?? 0) / 1_000_000
    fail(.timedOut, "[uniference] Timed out waiting \(milliseconds)ms of virtual time for \(call) to complete")
  }

  /// Notes what the rank is about to wait for, for reports.
  func note(_ call: CallDescription) {
    currentCall = call
    activity = .waiting(operation: call.operation)
  }

  private func begin(_ call: CallDescription) {
    callCount += 1
    note(call)
  }

  // MARK: Answers

  /// Tells the rank what an operation brought, once what has to be combined has been.
  private func deliver(_ delivery: Delivery) {
    delivered = delivery
    guard let payload = delivery.payloads.first, case .reduced(let reduction, let start) = payload.content else {
      return answer(delivery.pieces.isEmpty ? .nothing : .pieces(delivery.pieces), received: delivery.received)
    }
    let offset = start * payload.elementByteCount
    let byteCount = payload.byteCount
    switch reduction.state {
    case .untouched:
      reduction.begin()
      answer(.reduce(number: session.register(reduction), reduction, payload: payload))
    case .underWay:
      reduction.await { [self] block in
        answer(.pieces([Piece(block: block, offset: offset, byteCount: byteCount)]))
      }
    case .done(let block): answer(.pieces([Piece(block: block, offset: offset, byteCount: byteCount)]))
    }
  }

  func answer(_ result: Answers.Result, received: (source: Int, tag: Int)? = nil) {
    session.permits.answer(
      link, Answers.done(result, received: received, link: link, at: scriptTime.picoseconds), at: scriptTime)
  }

  func fail(_ category: Answers.FailureCategory, _ message: String) {
    session.permits.answer(
      link, Answers.failed(category, message, link: link, at: scriptTime.picoseconds), at: scriptTime)
  }
}

/// A started operation that the script has not waited for yet.
enum PendingCall {
  case underWay(Work<Delivery>, CallDescription, group: UInt32?)
  /// The script is told when it waits.
  case refused(String)

  /// Waits until it has ended, in whatever way.
  func awaitEnd() async throws {
    if case .underWay(let work, _, _) = self { try await work.waitRepeatably() }
  }

  func hasEnded() async throws -> Bool {
    switch self {
    case .underWay(let work, _, _): try await work.isCompleted()
    case .refused: true
    }
  }
}

/// What an operation has brought to a rank.
struct Delivery: Sendable {
  var payloads: [TensorPayload] = []
  /// Of a message: its source in the group, and its tag.
  var received: (source: Int, tag: Int)?

  var pieces: [Piece] { payloads.flatMap(\.pieces) }
}

extension RankRequest.Content {
  /// Whether the script might ask it again and again, while it waits for something.
  fileprivate var isQuestion: Bool {
    switch self {
    case .test, .now, .event, .sleep, .store, .waitForAny: true
    case .group, .declaration, .collective, .send, .receive, .wait, .expect, .forget, .goodbye, .phase, .progress: false
    }
  }

  /// The handle by which the script will ask for the result.
  fileprivate var handle: UInt32? {
    switch self {
    case .collective(let request): request.handle
    case .send(let request), .receive(let request): request.handle
    case .wait(let handle, _), .test(let handle), .forget(let handle): handle
    case .expect(let request): request.handle
    case .group, .declaration, .now, .event, .sleep, .store, .waitForAny, .goodbye, .phase, .progress: nil
    }
  }
}
