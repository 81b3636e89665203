/// What one row of a device's group in the trace shows.
enum TraceTrack: Int, CaseIterable {
  case phases, layers, calls, compute, idle, waiting, collectives, send, receive, markers

  /// The row's name. Lanes of one row share it, by which Perfetto draws them together.
  var title: String {
    switch self {
    case .phases: "phases"
    case .layers: "layers"
    case .calls: "calls"
    case .compute: "compute"
    case .idle: "idle"
    case .waiting: "waiting"
    case .collectives: "collectives"
    case .send: "send"
    case .receive: "receive"
    case .markers: "markers"
    }
  }
}

/// Slices of one Perfetto track must nest, so those that overlap get lanes: each goes to the first lane that is free.
struct TraceLanes {
  private struct Row: Hashable {
    let rank: Int
    let track: TraceTrack
  }

  private struct Lane {
    let uuid: UInt64
    var freeAt: UInt64
  }

  private var lanes: [Row: [Lane]] = [:]
  private var nextUUID: UInt64

  /// - Parameter firstUUID: the smallest track identifier that is not yet used.
  init(firstUUID: UInt64) { nextUUID = firstUUID }

  /// The lane for a slice from `start` to `end` in nanoseconds. Slices come in the order of their starts. Linear in the
  /// lanes of the row, which are as many as its slices ever overlapped.
  mutating func assign(rank: Int, track: TraceTrack, start: UInt64, end: UInt64) -> (uuid: UInt64, isNew: Bool) {
    let row = Row(rank: rank, track: track)
    if let free = lanes[row]?.firstIndex(where: { $0.freeAt <= start }), let uuid = lanes[row]?[free].uuid {
      lanes[row]?[free].freeAt = end
      return (uuid, false)
    }
    defer { nextUUID += 1 }
    lanes[row, default: []].append(Lane(uuid: nextUUID, freeAt: end))
    return (nextUUID, true)
  }
}
