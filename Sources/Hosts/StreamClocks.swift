import Quantities

/// When each of an accelerator's streams will have executed what it has been given, in picoseconds.
///
/// A stream executes its operations in order, and waits for an event of another stream where it has been told to. Times
/// follow from the order in which the host gives work to streams; no events of the simulation are needed.
public struct StreamClocks: Hashable, Sendable {
  /// A stream, by the number that the framework gives it; 0 is the default stream.
  public typealias Stream = Int64
  /// A point of a stream that others can wait for.
  public typealias Event = Int64

  private var ends: [Stream: Int64] = [:]
  private var events: [Event: Int64] = [:]
  private let origin: Int64

  /// Streams that are idle since `origin`.
  public init(at origin: Int64) { self.origin = origin }

  /// When a stream will have executed all that it has been given.
  public subscript(stream: Stream) -> Int64 {
    get { ends[stream, default: origin] }
    set { ends[stream] = newValue }
  }

  /// Has a stream not go on before `time`.
  public mutating func wait(_ stream: Stream, until time: Int64) { self[stream] = max(self[stream], time) }

  /// Takes note of how far a stream will have come with what it has been given so far.
  public mutating func record(_ event: Event, on stream: Stream) { events[event] = self[stream] }

  /// Has a stream wait for an event. One that has not been recorded is not waited for, as in CUDA.
  public mutating func wait(_ stream: Stream, for event: Event) {
    if let time = events[event] { wait(stream, until: time) }
  }

  /// When an event happens; `nil` if it has not been recorded.
  public func time(of event: Event) -> Int64? { events[event] }

  /// When all streams will have executed all that they have been given.
  public var latest: Int64 { ends.values.reduce(origin, max) }
}
