import Quantities

/// What a run record tells when its events are added up.
public struct RunSummary: Hashable, Sendable {
  /// What ranks did under one name.
  public struct Activity: Hashable, Sendable {
    /// Whether it was computing or communicating.
    public let kind: EventKind
    /// The operation's name, with its group's in the case of a collective.
    public let name: String
    /// How often, over all ranks.
    public fileprivate(set) var count = 0
    /// How long in sum, over all ranks. Activities of a rank may overlap.
    public fileprivate(set) var picoseconds: Int64 = 0
  }

  /// A moment that the program marked.
  public struct Marker: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// When, in picoseconds since the start.
    public let time: Int64
  }

  /// What one rank did.
  public struct Rank: Hashable, Sendable {
    /// Its device's name.
    public let device: String
    /// How long it computed.
    public fileprivate(set) var computingPicoseconds: Int64 = 0
    /// When its program returned; `nil` when it did not.
    public fileprivate(set) var finished: Int64?
  }

  /// The end of the last event, in picoseconds since the start.
  public private(set) var end: Int64 = 0
  /// All ranks, in order.
  public private(set) var ranks: [Rank]
  /// What was done, in the order in which it was first done.
  public private(set) var activities: [Activity] = []
  /// When each marker was first set, in the order of the log.
  public private(set) var markers: [Marker] = []

  private struct Key: Hashable {
    let kind: EventKind
    let name: UInt16
    let group: Int32
  }

  /// Adds up the events of a record, in time linear in them and memory constant in them.
  ///
  /// - Throws: ``RunRecordError`` or ``FileError`` when they cannot be read.
  public init(_ record: RunRecord) throws {
    ranks = record.manifest.devices.map { Rank(device: $0) }
    var indices: [Key: Int] = [:]
    try record.events.forEach { event in
      end = max(end, event.time + event.duration)
      switch event.kind {
      case .computation, .collective, .message:
        add(event, to: &indices, names: record.manifest.names)
      case .marker:
        let name = record.manifest.names[Int(event.name)]
        if !markers.contains(where: { $0.name == name }) { markers.append(Marker(name: name, time: event.time)) }
      case .finished: ranks[Int(event.rank)].finished = event.time
      case .wait, .failed, .phase, .layer, .call: break
      }
    }
  }

  private mutating func add(_ event: EventRecord, to indices: inout [Key: Int], names: [String]) {
    if event.kind == .computation {
      let rank = Int(event.rank)
      ranks[rank].computingPicoseconds = Picoseconds.sum(ranks[rank].computingPicoseconds, event.duration)
    }
    if event.kind == .message && event.flags.contains(.partOfCollective) { return }
    let key = Key(kind: event.kind, name: event.name, group: event.kind == .collective ? event.tag : 0)
    let index = indices[key] ?? activities.count
    if index == activities.count {
      indices[key] = index
      activities.append(Activity(kind: event.kind, name: Self.name(of: event, names)))
    }
    activities[index].count += 1
    activities[index].picoseconds = Picoseconds.sum(activities[index].picoseconds, event.duration)
  }

  private static func name(of event: EventRecord, _ names: [String]) -> String {
    switch event.kind {
    case .collective: "\(names[Int(event.name)]) (\(names[Int(event.tag)]))"
    case .message: "send and receive"
    default: names[Int(event.name)]
    }
  }
}
