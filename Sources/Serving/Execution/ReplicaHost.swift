import Inputs
import Models
import Simulation
import SimulationKernel

/// The host of a replica's engine: has its ranks compute one iteration after another, all of them from one instant on, as workers
/// do that wait for the scheduler's output.
///
/// An iteration that has been computed before, on the same devices in the same circumstances, is counted and not computed
/// again (``IterationMemory``); the ranks then go on waiting.
final class ReplicaHost: WaitSubject {
  private enum Phase {
    /// Ranks load their weights.
    case starting
    /// Ranks, or nobody, compute.
    case computing
    /// There is nothing to compute.
    case idle
    case finished
  }

  private let number: Int
  private let memberCount: Int
  private unowned let session: ServingSession
  private var members: [(device: SimulatedDevice, rank: Int)?]
  private var tokens: [WaiterToken?]
  private var waitingCount = 0
  private var latest = VirtualTime.zero
  private var phase = Phase.starting
  private var batch: BatchShape?
  private var engine: Engine?
  private var memory: IterationMemory?
  /// What of the present iteration the ranks compute.
  private var part = IterationPart.whole
  private var sample: LayerSample?
  /// The model's layers.
  var layers: [LayerRepetition] = []
  /// How many of them have experts.
  var expertLayerCount = 0
  /// The most tokens of an iteration with prompts that graphs replay.
  var capturedTokens = 0
  /// When the present iteration began.
  private var start = VirtualTime.zero
  private var failure: (any Error)?
  /// When the last request came to the scheduler.
  private var latestEntry: VirtualTime?
  /// The KV blocks that every rank has memory for.
  private(set) var blockCount = Int.max

  init(number: Int, memberCount: Int, session: ServingSession) {
    self.number = number
    self.memberCount = memberCount
    self.session = session
    members = Array(repeating: nil, count: memberCount)
    tokens = Array(repeating: nil, count: memberCount)
  }

  // MARK: Ranks

  /// A rank says which device it is and how many blocks it has memory for.
  func join(_ member: Int, device: SimulatedDevice, rank: Int, blockCount count: Int) {
    members[member] = (device, rank)
    blockCount = min(blockCount, count)
  }

  /// Waits until all replicas have started.
  ///
  /// - Returns: the KV blocks.
  func start(_ member: Int, _ process: LogicalProcess) async throws -> Int {
    try await wait(member, process)
    return blockCount
  }

  /// Says that a rank has computed what it was given before, and waits for more.
  ///
  /// - Returns: what to compute; `nil` at the end.
  func nextBatch(_ member: Int, _ process: LogicalProcess) async throws -> (BatchShape, IterationPart)? {
    try await wait(member, process)
    if let failure { throw failure }
    return batch.map { ($0, part) }
  }

  /// A rank is at the beginning of a repetition of layers, or at the end of one of the periods of a sample.
  func mark(_ member: Int, _ process: LogicalProcess) { sample?.mark(member, at: process.now) }

  private func wait(
    _ member: Int, _ process: LogicalProcess, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws {
    engine = process.engine
    latest = max(latest, process.now)
    try await process.suspend(on: self, member: member, at: SourceLocation(fileID: fileID, line: line))
  }

  func setWaiter(_ token: WaiterToken, for member: Int) {
    tokens[member] = token
    waitingCount += 1
    guard waitingCount == memberCount, let engine else { return }
    engine.call(at: max(latest, engine.now), priority: .process) { [weak self] in self?.allWait() }
  }

  func describeWait(of process: LogicalProcess) -> WaitDescription {
    WaitDescription(
      operation: "the next iteration of replica \(number)",
      waitsOn: members.compactMap { $0?.rank }.filter { $0 != process.id })
  }

  /// Lets the ranks go on.
  func releaseMembers(at time: VirtualTime) {
    guard let engine, waitingCount == memberCount else { return }
    let released = tokens
    tokens = Array(repeating: nil, count: memberCount)
    waitingCount = 0
    latest = time
    for token in released {
      if let token { engine.wake(token, at: time) }
    }
  }

  // MARK: Iterations

  /// When a request that arrives now comes to the scheduler.
  func entry(at time: VirtualTime) -> VirtualTime {
    guard let model = members.first??.device.dispatch else { return time }
    var entry = time.advanced(byPicoseconds: model.picosecondsOfRequest)
    if let latestEntry { entry = max(entry, latestEntry.advanced(byPicoseconds: model.picosecondsBetweenRequests)) }
    latestEntry = entry
    return entry
  }

  /// Whether iterations may be taken from memory: nothing changes with time, and no other replica's messages take the same
  /// links.
  func decideOnMemory(others: [ReplicaHost]) {
    guard let group, group.isRepeatable else { return }
    let foreign = others.compactMap(\.group).reduce(into: Set()) { $0.formUnion($1.links) }
    guard group.links.isDisjoint(with: foreign) else { return }
    memory = IterationMemory(group)
    if layers.contains(where: { !$0.countedLayers.isEmpty }) { sample = LayerSample(group, layers) }
  }

  private var group: DeviceGroup? {
    let known = members.compactMap(\.self)
    return known.count == memberCount ? DeviceGroup(known.map(\.device), ranks: known.map(\.rank)) : nil
  }

  /// All ranks have loaded their weights, have taken the cache's memory, or have computed an iteration.
  private func allWait() {
    guard let engine else { return }
    switch phase {
    case .starting:
      phase = .idle
      session.isReady(engine)
    case .idle:
      // They have taken the cache's memory.
      beginIteration(at: engine.now)
    case .computing: endComputing(at: engine.now)
    case .finished: releaseMembers(at: engine.now)
    }
  }

  /// The ranks have computed what they were given: the iteration, or a sample of its layers, of which the others follow.
  private func endComputing(at time: VirtualTime) {
    var others: Int64 = 0
    if part == .sample {
      guard let picoseconds = sample?.countOthers() else {
        // Layers that are alike take different times here.
        sample = nil
        part = .rest
        return releaseMembers(at: time)
      }
      others = picoseconds
    }
    let end = max(time.advanced(byPicoseconds: others), dispatchEnd)
    guard end > time else { return endIteration(at: time, computing: batch) }
    let batch = batch
    engine?.call(at: end, priority: .process) { [weak self] in self?.endIteration(at: end, computing: batch) }
  }

  /// When the host has dispatched the present iteration, where no graph replays it.
  private var dispatchEnd: VirtualTime {
    guard let batch, !batch.chunks.isEmpty, let model = members.first??.device.dispatch else { return start }
    let tokenCount = batch.chunks.reduce(batch.decodingCount) { sum, chunk in sum + chunk.count * chunk.length }
    guard tokenCount > capturedTokens else { return start }
    return start.advanced(byPicoseconds: Int64(expertLayerCount) * model.picosecondsPerExpertLayer)
  }

  private func endIteration(at time: VirtualTime, computing computed: BatchShape?) {
    if let computed { memory?.endComputing(computed, at: time) }
    endIteration(at: time, isRemembered: false)
  }

  private func endIteration(at time: VirtualTime, isRemembered: Bool) {
    phase = .idle
    batch = nil
    session.end(number, at: time, isRemembered: isRemembered)
    if phase == .idle { beginIteration(at: time) }
  }

  /// A request has come; where the replica does nothing, it begins.
  func hasWork() {
    guard phase == .idle, waitingCount == memberCount, let engine else { return }
    // At the end of the instant, so that all requests of a burst are in one iteration.
    engine.call(at: engine.now, priority: .process) { [weak self] in
      guard let self, self.phase == .idle, self.waitingCount == self.memberCount else { return }
      self.beginIteration(at: engine.now)
    }
  }

  private func beginIteration(at time: VirtualTime) {
    guard let next = session.begin(number, at: time), let engine else { return session.isIdle(number, at: time) }
    phase = .computing
    batch = next
    start = time
    if let duration = memory?.recall(next) {
      engine.call(at: time.advanced(byPicoseconds: duration), priority: .process) { [weak self] in
        self?.endIteration(at: engine.now, isRemembered: true)
      }
    } else {
      memory?.beginComputing(at: time)
      part = sample == nil ? .whole : .sample
      sample?.begin()
      releaseMembers(at: time)
    }
  }

  // MARK: The end

  /// Lets the ranks end.
  func finish() {
    guard phase == .idle || failure != nil, let engine else { return }
    phase = .finished
    batch = nil
    if waitingCount == memberCount { releaseMembers(at: engine.now) }
  }

  /// Ends the ranks with an error.
  func fail(_ error: any Error) {
    failure = error
    finish()
  }
}
