/// A figure over time, drawn as a graph: what a link carries.
public struct TraceCounter: Sendable {
  /// From when on the figure has a value.
  public struct Sample: Hashable, Sendable {
    /// In picoseconds of virtual time.
    public let time: Int64
    /// The value until the next sample.
    public let value: Int64

    /// A value from a time on.
    public init(time: Int64, value: Int64) {
      self.time = time
      self.value = value
    }
  }

  /// What it is called.
  public let name: String
  /// What it is in: `bytes/s`.
  public let unit: String
  /// In the order of their times.
  public let samples: [Sample]

  /// A figure of which there are samples in the order of their times.
  public init(name: String, unit: String, samples: [Sample]) {
    self.name = name
    self.unit = unit
    self.samples = samples
  }
}

/// The samples of several counters in the order of their times, to be merged with a trace's events.
struct CounterQueue {
  private let samples: [(time: Int64, counter: Int, value: Int64)]
  private var position = 0

  init(_ counters: [TraceCounter]) {
    samples = counters.enumerated().flatMap { index, counter in
      counter.samples.map { (time: $0.time, counter: index, value: $0.value) }
    }.sorted { ($0.time, $0.counter) < ($1.time, $1.counter) }
  }

  /// The next sample at or before a time.
  mutating func next(by time: Int64) -> (time: Int64, counter: Int, value: Int64)? {
    guard position < samples.count, samples[position].time <= time else { return nil }
    defer { position += 1 }
    return samples[position]
  }
}
