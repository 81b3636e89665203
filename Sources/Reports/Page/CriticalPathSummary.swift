import Results

/// What a run's critical path consists of.
struct CriticalPathSummary: Encodable {
  /// Time of the path under one name.
  struct Part: Encodable {
    let activity: DeviceTimeline.Activity
    let name: String
    let s: Double
  }

  /// Time of the path on one device.
  struct Device: Encodable {
    let device: String
    private(set) var computing_s = 0.0
    private(set) var communication_s = 0.0
    private(set) var other_s = 0.0

    init(device: String) { self.device = device }

    fileprivate mutating func add(_ step: CriticalPath.Step) {
      let time = Double(step.end - step.start) / 1e12
      switch step.activity {
      case .computing: computing_s += time
      case .waiting, .network: communication_s += time
      case .other: other_s += time
      }
    }
  }

  /// Where the path lies in the time line, as columns. Times are whole numbers of the time line's unit.
  struct Marks: Encodable {
    private(set) var rank: [Int] = []
    private(set) var start: [Int] = []
    private(set) var length: [Int] = []

    fileprivate mutating func append(rank: Int, _ start: Int64, _ end: Int64, unit: Double) {
      let first = Int((Double(start) / 1e12 / unit).rounded())
      self.rank.append(rank)
      self.start.append(first)
      length.append(max(1, Int((Double(end) / 1e12 / unit).rounded()) - first))
    }
  }

  /// The longest first.
  let parts: [Part]
  /// Those with a part of the path, in rank order.
  let devices: [Device]
  /// `nil` where the path changes devices too often to be drawn.
  let marks: Marks?

  private static let markLimit = 20_000

  private struct Key: Hashable {
    let activity: Int
    let name: String
  }

  /// - Parameters:
  ///   - record: read once more, for the operations on the path.
  ///   - unit: of the marks, in seconds.
  init(_ path: CriticalPath, _ timeline: DeviceTimeline, of record: RunRecord, unit: Double) throws {
    var times: [Key: Int64] = [:]
    var intervals: [[(start: Int64, end: Int64)]] = Array(repeating: [], count: timeline.stretches.count)
    var perDevice = record.manifest.devices.map(Device.init(device:))
    for step in path.steps {
      perDevice[step.rank].add(step)
      if step.activity == .computing {
        intervals[step.rank].append((step.start, step.end))
      } else {
        let key = Key(activity: step.activity.rawValue, name: timeline.labels[Int(step.label)])
        times[key, default: 0] += step.end - step.start
      }
    }
    let names = record.manifest.names
    try record.events.forEach { event in
      guard event.kind == .computation, event.duration > 0 else { return }
      let shared = intervals[Int(event.rank)].overlap(event.time, event.time + event.duration)
      guard shared > 0 else { return }
      times[Key(activity: DeviceTimeline.Activity.computing.rawValue, name: names[Int(event.name)]), default: 0] +=
        shared
    }
    parts = times.sorted { ($1.value, $0.key.name) < ($0.value, $1.key.name) }.compactMap { key, time in
      DeviceTimeline.Activity(rawValue: key.activity).map { Part(activity: $0, name: key.name, s: Double(time) / 1e12) }
    }
    devices = perDevice.filter { $0.computing_s + $0.communication_s + $0.other_s > 0 }
    marks = Self.marks(path, unit: unit)
  }

  private static func marks(_ path: CriticalPath, unit: Double) -> Marks? {
    var marks = Marks()
    var index = path.steps.startIndex
    while index < path.steps.endIndex {
      let first = path.steps[index]
      let next = path.steps[index...].firstIndex { $0.rank != first.rank } ?? path.steps.endIndex
      marks.append(rank: first.rank, first.start, path.steps[next - 1].end, unit: unit)
      guard marks.rank.count <= markLimit else { return nil }
      index = next
    }
    return marks
  }
}

extension [(start: Int64, end: Int64)] {
  /// How much of a stretch lies in these, which are in order and do not overlap. O(log n + overlapping ones).
  fileprivate func overlap(_ start: Int64, _ end: Int64) -> Int64 {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].end <= start { low = middle + 1 } else { high = middle }
    }
    var sum: Int64 = 0
    while low < count, self[low].start < end {
      sum += Swift.min(end, self[low].end) - Swift.max(start, self[low].start)
      low += 1
    }
    return sum
  }
}
