import Results

/// Adds up a run's events, which come in the order of their start times, to a profile.
struct ProfileBuilder {
  private struct LayerKey: Hashable {
    let phase: Int
    let name: UInt16
    let number: Int32
  }

  private struct OperationKey: Hashable {
    let phase: Int
    let name: UInt16
  }

  private struct CommunicationKey: Hashable {
    let phase: Int
    let activity: IdleAnalysis.Activity
  }

  private struct WaitKey: Hashable {
    let rank: Int
    let other: Int
    let activity: IdleAnalysis.Activity
  }

  /// Where in its program a rank is.
  private struct Place {
    /// The present phase, and those before it in which idle time may yet be found.
    var phases: [(index: Int, start: Int64, end: Int64)] = []
    var layer: (index: Int, end: Int64)?
    /// What the rank has computed since its last call.
    var computed: Int64 = 0
  }

  private var profile: RunProfile
  private let names: [String]
  private let spanNames: [String]
  private var places: [Place]
  private var idle: IdleAnalysis
  private var end: Int64 = 0
  private var ends: [Int64?]
  private var phaseIndices: [UInt16: Int] = [:]
  private var layerIndices: [LayerKey: Int] = [:]
  private var operationIndices: [OperationKey: Int] = [:]
  private var communicationIndices: [CommunicationKey: Int] = [:]
  private var callIndices: [UInt16: Int] = [:]
  private var waitIndices: [WaitKey: Int] = [:]
  private var phaseRanks: [Set<Int>] = []
  private var layerRanks: [Set<Int>] = []

  init(_ manifest: RunManifest, _ profile: RunProfile) {
    self.profile = profile
    names = manifest.names
    spanNames = manifest.spans?.names ?? []
    places = Array(repeating: Place(), count: manifest.devices.count)
    ends = Array(repeating: nil, count: manifest.devices.count)
    idle = IdleAnalysis(rankCount: manifest.devices.count)
  }

  mutating func append(_ event: EventRecord) {
    let rank = Int(event.rank)
    if !event.kind.isSpan { end = max(end, event.time + event.duration) }
    appendIdle(event)
    switch event.kind {
    case .phase: enterPhase(event, rank)
    case .layer: enterLayer(event, rank)
    case .call: addCall(event, rank)
    case .computation: addComputation(event, rank)
    case .collective: addCollective(event, rank)
    case .message: addMessage(event, rank)
    case .finished: ends[rank] = event.time
    case .wait, .marker, .failed: break
    }
  }

  // MARK: Places

  private mutating func enterPhase(_ span: EventRecord, _ rank: Int) {
    let index = phaseIndex(span.name)
    let spanEnd = span.time + span.duration
    places[rank].phases.append((index, span.time, spanEnd))
    places[rank].layer = nil
    profile.phases[index].start_s = min(profile.phases[index].start_s, seconds(span.time))
    profile.phases[index].end_s = max(profile.phases[index].end_s, seconds(spanEnd))
    profile.phases[index].rank_s += seconds(span.duration)
    phaseRanks[index].insert(rank)
  }

  private mutating func phaseIndex(_ name: UInt16) -> Int {
    if let known = phaseIndices[name] { return known }
    phaseIndices[name] = profile.phases.count
    profile.phases.append(RunProfile.Phase(name: spanNames[Int(name)], start_s: .infinity, end_s: 0))
    phaseRanks.append([])
    return profile.phases.count - 1
  }

  private mutating func enterLayer(_ span: EventRecord, _ rank: Int) {
    let key = LayerKey(phase: phase(of: rank, at: span.time) ?? -1, name: span.name, number: span.tag)
    let index = layerIndices[key] ?? profile.layers.count
    if index == profile.layers.count {
      layerIndices[key] = index
      profile.layers.append(
        RunProfile.Layer(
          phase: phaseName(key.phase), name: spanNames[Int(span.name)], number: span.tag < 0 ? nil : Int(span.tag)))
      layerRanks.append([])
    }
    profile.layers[index].count += 1
    profile.layers[index].rank_s += seconds(span.duration)
    layerRanks[index].insert(rank)
    places[rank].layer = (index, span.time + span.duration)
  }

  /// The phase in which a rank is; `nil` outside of every one.
  private func phase(of rank: Int, at time: Int64) -> Int? {
    places[rank].phases.last.flatMap { time <= $0.end ? $0.index : nil }
  }

  /// The phase in which a rank begins to communicate: at the very instant at which a phase begins, the one before, of which
  /// it is the last act. Phases mostly begin with computing.
  private func phase(of rank: Int, communicatingAt time: Int64) -> Int? {
    let before = places[rank].phases.last { $0.start < time && $0.end == time }
    return before?.index ?? phase(of: rank, at: time)
  }

  private func phaseName(_ index: Int) -> String { index < 0 ? "" : profile.phases[index].name }

  // MARK: Events

  private mutating func addCall(_ span: EventRecord, _ rank: Int) {
    let index = callIndices[span.name] ?? profile.calls.count
    if index == profile.calls.count {
      callIndices[span.name] = index
      profile.calls.append(RunProfile.Call(name: spanNames[Int(span.name)]))
    }
    profile.calls[index].count += 1
    profile.calls[index].rank_s += seconds(span.duration)
    profile.calls[index].computing_before_s += seconds(places[rank].computed)
    places[rank].computed = 0
  }

  private mutating func addComputation(_ event: EventRecord, _ rank: Int) {
    let time = seconds(event.duration)
    places[rank].computed += event.duration
    profile.devices[rank].use.computing_s += time
    let phase = phase(of: rank, at: event.time)
    if let phase { profile.phases[phase].use.computing_s += time }
    if let layer = places[rank].layer, event.time < layer.end || event.duration == 0 {
      profile.layers[layer.index].computing_s += time
    }
    let key = OperationKey(phase: phase ?? -1, name: event.name)
    let index = operationIndices[key] ?? profile.operations.count
    if index == profile.operations.count {
      operationIndices[key] = index
      profile.operations.append(RunProfile.Operation(phase: phaseName(key.phase), name: names[Int(event.name)]))
    }
    profile.operations[index].count += 1
    profile.operations[index].rank_s += time
  }

  private mutating func addCollective(_ event: EventRecord, _ rank: Int) {
    let index = communicationIndex(
      .collective(name: event.name, group: event.tag), phase: phase(of: rank, communicatingAt: event.time))
    profile.communication[index].count += 1
    profile.communication[index].bytes += Int(event.bytes)
    profile.communication[index].rank_s += seconds(event.duration)
  }

  private mutating func addMessage(_ event: EventRecord, _ rank: Int) {
    guard !event.flags.contains(.partOfCollective) else { return }
    let index = communicationIndex(.send(to: -1), phase: phase(of: rank, communicatingAt: event.time))
    profile.communication[index].count += 1
    profile.communication[index].bytes += Int(event.bytes)
    profile.communication[index].rank_s += seconds(event.duration)
  }

  /// Messages are counted together, whoever sends them.
  private mutating func communicationIndex(_ activity: IdleAnalysis.Activity, phase: Int?) -> Int {
    var activity = activity
    var (name, group) = ("send and receive", "")
    if case .collective(let operation, let tag) = activity {
      (name, group) = (names[Int(operation)], names[Int(tag)])
    } else {
      activity = .send(to: -1)
    }
    let key = CommunicationKey(phase: phase ?? -1, activity: activity)
    if let known = communicationIndices[key] { return known }
    communicationIndices[key] = profile.communication.count
    profile.communication.append(RunProfile.Communication(phase: phaseName(key.phase), name: name, group: group))
    return profile.communication.count - 1
  }

  // MARK: Idle time

  private mutating func appendIdle(_ event: EventRecord) {
    var found: [IdleAnalysis.Idle] = []
    idle.append(event) { found.append($0) }
    for stretch in found { add(stretch) }
  }

  /// Idle time may reach over several phases, of which each gets its part.
  private mutating func add(_ stretch: IdleAnalysis.Idle) {
    var cursor = stretch.start
    for phase in places[stretch.rank].phases where phase.end > cursor && phase.start < stretch.end {
      if phase.start > cursor { add(stretch, cursor, phase.start, phase: nil) }
      let end = min(phase.end, stretch.end)
      add(stretch, max(cursor, phase.start), end, phase: phase.index)
      cursor = end
    }
    if stretch.end > cursor { add(stretch, cursor, stretch.end, phase: nil) }
    places[stretch.rank].phases.removeAll { $0.end <= stretch.end && $0.start < stretch.start }
  }

  private mutating func add(_ stretch: IdleAnalysis.Idle, _ start: Int64, _ end: Int64, phase: Int?) {
    let time = seconds(end - start)
    profile.devices[stretch.rank].use.add(time, stretch.reason)
    if let phase { profile.phases[phase].use.add(time, stretch.reason) }
    switch stretch.reason {
    case .nothing: break
    case .network(let activity): profile.communication[communicationIndex(activity, phase: phase)].network_s += time
    case .rank(let other, let activity):
      profile.communication[communicationIndex(activity, phase: phase)].waiting_for_ranks_s += time
      let key = WaitKey(rank: stretch.rank, other: other, activity: activity)
      let index = waitIndices[key] ?? profile.waits.count
      if index == profile.waits.count {
        waitIndices[key] = index
        profile.waits.append(RunProfile.Wait(rank: stretch.rank, for_rank: other, in_operation: name(of: activity)))
      }
      profile.waits[index].rank_s += time
    }
  }

  private func name(of activity: IdleAnalysis.Activity) -> String {
    switch activity {
    case .collective(let name, _): names[Int(name)]
    case .receive: "receive"
    case .send: "send"
    }
  }

  // MARK: The end

  func finished() -> RunProfile {
    var builder = self
    var found: [IdleAnalysis.Idle] = []
    builder.idle.finish(at: end) { found.append($0) }
    for stretch in found { builder.add(stretch) }
    return builder.ordered()
  }

  private func ordered() -> RunProfile {
    var profile = profile
    profile.total_s = seconds(end)
    for rank in profile.devices.indices { profile.devices[rank].end_s = seconds(ends[rank] ?? end) }
    for index in profile.phases.indices { profile.phases[index].ranks = phaseRanks[index].count }
    for index in profile.layers.indices {
      profile.layers[index].devices = layerRanks[index].sorted().map { profile.devices[$0].device }
    }
    profile.operations.sort { $0.rank_s > $1.rank_s }
    profile.communication.sort { $0.rank_s > $1.rank_s }
    profile.calls.sort { $0.rank_s + $0.computing_before_s > $1.rank_s + $1.computing_before_s }
    profile.waits.sort { $0.rank_s > $1.rank_s }
    return profile
  }
}

extension RunProfile.Use {
  fileprivate mutating func add(_ time: Double, _ reason: IdleAnalysis.Reason) {
    switch reason {
    case .rank: waiting_for_ranks_s += time
    case .network: network_s += time
    case .nothing: other_s += time
    }
  }
}

private func seconds(_ picoseconds: Int64) -> Double { Double(picoseconds) / 1e12 }
