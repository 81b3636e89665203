import Results

/// What each device did from beginning to end: computing, idling for another device, idling for the network.
///
/// Memory grows with how often devices change from one to another, not with the events: operations that follow one
/// another are one stretch of computing.
struct DeviceTimeline {
  /// What a device does.
  enum Activity: Int, CaseIterable, Encodable {
    case computing, waiting, network, other
  }

  /// A stretch of one device's time.
  struct Stretch {
    let start: Int64
    var end: Int64
    let activity: Activity
    /// Index in ``labels``: the operation that took most of it, or what was waited for.
    var label: Int32
    /// Who let begin what ended the stretch; -1 where nothing did.
    let causeRank: Int32
    /// When that began.
    let causeTime: Int64
  }

  /// What stretches are labelled with.
  private(set) var labels: [String] = []
  /// Of each rank, in the order of time, without overlaps.
  private(set) var stretches: [[Stretch]]
  /// The end of the last event.
  private(set) var end: Int64 = 0

  private let names: [String]
  private let devices: [String]
  private var idle: IdleAnalysis
  private var labelIndices: [String: Int32] = [:]
  /// The longest operation of each rank's last stretch.
  private var longest: [Int64]

  init(_ manifest: RunManifest) {
    names = manifest.names
    devices = manifest.devices
    stretches = Array(repeating: [], count: devices.count)
    longest = Array(repeating: 0, count: devices.count)
    idle = IdleAnalysis(rankCount: devices.count)
  }

  /// Takes the next event, in the order of start times.
  mutating func append(_ event: EventRecord) {
    guard !event.kind.isSpan else { return }
    end = max(end, event.time + event.duration)
    var found: [IdleAnalysis.Idle] = []
    idle.append(event) { found.append($0) }
    for stretch in found { add(stretch) }
    if event.kind == .computation, event.duration > 0 { add(event) }
  }

  /// Takes in that there are no more events.
  mutating func finish() {
    var found: [IdleAnalysis.Idle] = []
    idle.finish(at: end) { found.append($0) }
    for stretch in found { add(stretch) }
  }

  private mutating func add(_ event: EventRecord) {
    let rank = Int(event.rank)
    let eventEnd = event.time + event.duration
    let label = index(of: names[Int(event.name)])
    if let last = stretches[rank].indices.last, stretches[rank][last].activity == .computing,
      event.time <= stretches[rank][last].end
    {
      stretches[rank][last].end = max(stretches[rank][last].end, eventEnd)
      if event.duration > longest[rank] {
        longest[rank] = event.duration
        stretches[rank][last].label = label
      }
      return
    }
    longest[rank] = event.duration
    let start = max(event.time, stretches[rank].last?.end ?? 0)
    guard eventEnd > start else { return }
    stretches[rank].append(
      Stretch(start: start, end: eventEnd, activity: .computing, label: label, causeRank: -1, causeTime: 0))
  }

  private mutating func add(_ found: IdleAnalysis.Idle) {
    let (activity, text): (Activity, String) =
      switch found.reason {
      case .rank(let other, let what): (.waiting, "waiting for \(devices[other]) in \(name(of: what))")
      case .network(let what): (.network, name(of: what, withPeer: true))
      case .nothing: (.other, "other")
      }
    stretches[found.rank].append(
      Stretch(
        start: found.start, end: found.end, activity: activity, label: index(of: text),
        causeRank: found.cause.map { Int32($0.rank) } ?? -1, causeTime: found.cause?.time ?? 0))
  }

  private func name(of activity: IdleAnalysis.Activity, withPeer: Bool = false) -> String {
    switch activity {
    case .collective(let name, _): names[Int(name)]
    case .receive(let source): withPeer ? "receive from \(devices[source])" : "receive"
    case .send(let destination): withPeer ? "send to \(devices[destination])" : "send"
    }
  }

  private mutating func index(of label: String) -> Int32 {
    if let known = labelIndices[label] { return known }
    let index = Int32(labels.count)
    labelIndices[label] = index
    labels.append(label)
    return index
  }
}
