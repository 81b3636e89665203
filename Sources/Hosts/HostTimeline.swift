import Quantities

/// The clock of a host thread that dispatches operations to an accelerator, beside the clock of the accelerator's stream.
///
/// The host dispatches operations one after another and does not wait for them. The stream executes them in order, each
/// at the later of two times: when the stream has executed those before it, and when the host has dispatched it. So
/// dispatch is hidden while long kernels execute, and shows while kernels are shorter than their dispatch. The host waits
/// for the stream only where the program reads a value, and where its communication library works on the host.
///
/// No events are needed: the times of a stretch of operations follow from the two clocks at its beginning.
public struct HostTimeline: Hashable, Sendable {
  /// When the host will have dispatched all operations so far, in picoseconds.
  public private(set) var time: Int64
  private let model: DispatchModel

  /// A host that sets its request up at `time` and then begins the first step.
  ///
  /// - Parameter sequences: how many take part in the step, where the host's work grows with them.
  public init(_ model: DispatchModel, at time: Int64 = 0, sequences: Int = 0) {
    self.model = model
    let work = Picoseconds.sum(model.picosecondsPerRequest, Int64(sequences) * model.picosecondsPerSequence)
    self.time = Picoseconds.sum(time, work)
  }

  /// Dispatches an operation.
  ///
  /// - Parameters:
  ///   - operations: how many the framework makes of it; none where it goes with the operation before.
  ///   - streamTime: when the stream has executed those before it.
  /// - Returns: when the stream begins it.
  @inline(__always)
  public mutating func dispatch(operations: Int64 = 1, behind streamTime: Int64) -> Int64 {
    time = Picoseconds.sum(time, operations * model.picosecondsPerOperation)
    return max(streamTime, Picoseconds.sum(time, model.launchLatencyPicoseconds))
  }

  /// Dispatches an operation that takes the host only so many thousandths of a framework's operation: a kernel of a
  /// compiled program, or one of a graph that has been launched as a whole.
  ///
  /// - Returns: when the stream begins it.
  public mutating func dispatch(thousandths: Int64, behind streamTime: Int64) -> Int64 {
    time = Picoseconds.sum(time, thousandths * model.picosecondsPerOperation / 1000)
    return max(streamTime, Picoseconds.sum(time, model.launchLatencyPicoseconds))
  }

  /// Dispatches a call of the communication library.
  ///
  /// - Returns: when the stream begins it.
  public mutating func dispatchCall(behind streamTime: Int64) -> Int64 {
    Picoseconds.sum(
      dispatch(operations: model.operationsPerCall, behind: streamTime), model.communicationGapPicoseconds)
  }

  /// Waits until the stream, or whatever else, has come to `otherTime`.
  @inline(__always)
  public mutating func wait(until otherTime: Int64) { time = max(time, otherTime) }

  /// Reads a value that the stream has computed at `streamTime`, and begins the next step.
  public mutating func readValue(computedAt streamTime: Int64) {
    wait(until: streamTime)
    time = Picoseconds.sum(time, model.picosecondsPerStep)
  }
}
