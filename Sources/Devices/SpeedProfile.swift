import Quantities

/// A time during which a device runs at another speed: thermal throttling, a co-tenant.
public struct Slowdown: Hashable, Sendable, CustomStringConvertible {
  /// When it begins.
  public let from: Duration
  /// When it ends, at which instant it no longer holds; `nil` for never.
  public let until: Duration?
  /// The speed during it relative to the device's own: 0.5 makes everything take twice as long.
  public let speed: Double

  /// A slowdown to `speed` in `[from, until)`.
  public init(from: Duration, until: Duration?, speed: Double) {
    self.from = from
    self.until = until
    self.speed = speed
  }

  /// For example `from 10 s until 20 s at speed 0.5`.
  public var description: String {
    "from \(from.shortDescription) until \(until?.shortDescription ?? "the end") at speed "
      + formatNumber(speed, significantDigits: 4)
  }
}

/// A device's speed over time, piecewise constant: a scale, and slowdowns that multiply it while they hold.
public struct SpeedProfile: Hashable, Sendable {
  /// A device at its normal speed throughout.
  public static let normal = SpeedProfile()

  /// The speed where no slowdown holds; 1 is what the device's figures say.
  public let scale: Double
  /// In order of time, without overlap.
  public let slowdowns: [Slowdown]

  /// The speed from an instant on, in order of time, the first from the beginning of time; empty without slowdowns.
  private let segments: [Segment]

  private struct Segment: Hashable {
    /// In picoseconds.
    let start: Int64
    let speed: Double
  }

  private init() {
    scale = 1
    slowdowns = []
    segments = []
  }

  /// - Parameters:
  ///   - scale: the speed relative to the device's figures, greater than zero.
  ///   - slowdowns: in any order.
  /// - Throws: ``DeviceError`` for a speed that is not greater than zero, an empty window, or two that overlap.
  public init(scale: Double = 1, slowdowns: [Slowdown] = []) throws(DeviceError) {
    for speed in [scale] + slowdowns.map(\.speed) where !(speed > 0 && speed.isFinite) { throw .invalidSpeed(speed) }
    for window in slowdowns {
      guard window.from >= .zero, window.until.map({ window.from < $0 }) ?? true else { throw .invalidWindow(window) }
    }
    let sorted = slowdowns.sorted { $0.from < $1.from }
    for (first, second) in zip(sorted, sorted.dropFirst()) {
      guard let end = first.until, end <= second.from else { throw .overlappingWindows(first, second) }
    }
    self.scale = scale
    self.slowdowns = sorted
    segments = Self.segments(scale: scale, slowdowns: sorted)
  }

  private static func segments(scale: Double, slowdowns: [Slowdown]) -> [Segment] {
    guard !slowdowns.isEmpty else { return [] }
    var segments = [Segment(start: .min, speed: scale)]
    for window in slowdowns {
      let start = window.from.picoseconds
      if segments.last?.start == start { segments.removeLast() }
      segments.append(Segment(start: start, speed: scale * window.speed))
      if let until = window.until { segments.append(Segment(start: until.picoseconds, speed: scale)) }
    }
    return segments
  }

  /// The speed at an instant.
  public func speed(at time: Duration) -> Double {
    segments.isEmpty ? scale : segments[segmentIndex(at: time.picoseconds)].speed
  }

  /// How long work takes that would take `work` at speed 1, when it starts at `start`.
  ///
  /// The elapsed time e solves  integral from start to start + e of speed(t) dt = work,  segment by segment without
  /// a step size, rounded to the nearest picosecond once at the end. O(1) without slowdowns, otherwise O(log n) for n
  /// slowdowns and O(1) for each change of speed on the way.
  public func elapsed(forWork work: Duration, startingAt start: Duration) -> Duration {
    .picoseconds(elapsedPicoseconds(forWork: work.picoseconds, startingAt: start.picoseconds))
  }

  /// ``elapsed(forWork:startingAt:)`` in picoseconds.
  public func elapsedPicoseconds(forWork work: Int64, startingAt start: Int64) -> Int64 {
    guard !segments.isEmpty else { return scale == 1 ? work : Picoseconds.nearest(Double(work) / scale) }
    var index = segmentIndex(at: start)
    var now = start
    var remaining = Double(work)
    while index + 1 < segments.count {
      let end = segments[index + 1].start
      let possible = Double(end - now) * segments[index].speed
      if remaining <= possible { break }
      remaining -= possible
      now = end
      index += 1
    }
    return Picoseconds.sum(now - start, Picoseconds.nearest(remaining / segments[index].speed))
  }

  /// How much work is done in a time: the inverse of ``elapsedPicoseconds(forWork:startingAt:)``, as exactly as a double
  /// and a picosecond allow.
  func workPicoseconds(inElapsed elapsed: Int64, startingAt start: Int64) -> Int64 {
    guard !segments.isEmpty else { return Picoseconds.nearest(Double(elapsed) * scale) }
    let end = Picoseconds.sum(start, elapsed)
    var work = 0.0
    var now = start
    for index in segmentIndex(at: start)..<segments.count where now < end {
      let next = index + 1 < segments.count ? min(end, segments[index + 1].start) : end
      work += Double(next - now) * segments[index].speed
      now = next
    }
    return Picoseconds.nearest(work)
  }

  /// The speed at an instant, and until when it stays so.
  func stretch(at time: Int64) -> (speed: Double, end: Int64) {
    guard !segments.isEmpty else { return (scale, Picoseconds.forever) }
    let index = segmentIndex(at: time)
    return (segments[index].speed, index + 1 < segments.count ? segments[index + 1].start : Picoseconds.forever)
  }

  /// The last segment that starts at or before `time`.
  private func segmentIndex(at time: Int64) -> Int {
    var low = 0
    var high = segments.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if segments[middle].start <= time { low = middle } else { high = middle }
    }
    return low
  }
}
