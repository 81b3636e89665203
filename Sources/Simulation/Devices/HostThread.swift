import Hosts
import SimulationKernel

/// A rank's host thread, which dispatches to the rank's accelerator and calls its communication library.
///
/// The rank's process clock is the time of the accelerator's stream; this keeps the host's own clock beside it.
final class HostThread {
  private var timeline: HostTimeline
  let model: DispatchModel
  private let process: LogicalProcess
  /// Whether the communication library works on the host, so that its calls wait for the stream and return to the host;
  /// otherwise what it does is dispatched to the stream as operations are.
  private let libraryWorksOnHost: Bool

  init(_ model: DispatchModel, of process: LogicalProcess, libraryWorksOnHost: Bool) {
    self.model = model
    timeline = HostTimeline(model, at: process.now.picoseconds)
    self.process = process
    self.libraryWorksOnHost = libraryWorksOnHost
  }

  /// Dispatches an operation.
  ///
  /// - Returns: when the stream begins it.
  func dispatch(operations: Int64) -> VirtualTime {
    followLibrary()
    return VirtualTime(picoseconds: timeline.dispatch(operations: operations, behind: process.now.picoseconds))
  }

  /// The host's own clock.
  var time: VirtualTime { VirtualTime(picoseconds: timeline.time) }

  /// Dispatches an operation to a stream that will have executed those before it at `streamTime`.
  ///
  /// - Returns: when the stream begins it, in picoseconds.
  func dispatch(thousandths: Int64, behind streamTime: Int64) -> Int64 {
    timeline.dispatch(thousandths: thousandths, behind: streamTime)
  }

  /// Waits until `time`, in picoseconds.
  func wait(until time: Int64) { timeline.wait(until: time) }

  /// Calls the communication library: moves the rank's clock to where what it asks for can begin.
  func callLibrary() {
    let now = process.now.picoseconds
    var start: Int64
    if libraryWorksOnHost {
      followLibrary()
      timeline.wait(until: now)
      start = timeline.time
    } else {
      start = timeline.dispatchCall(behind: now)
    }
    start = max(start, now)
    process.compute(picoseconds: start - now)
  }

  /// Reads a value that the stream has computed, and begins the program's next step.
  func readValue() { timeline.readValue(computedAt: process.now.picoseconds) }

  /// Begins a step of a program that has waited for something else, with nothing left from before.
  ///
  /// - Parameter sequences: how many take part in it.
  func beginStep(sequences: Int) {
    timeline = HostTimeline(model, at: process.now.picoseconds, sequences: sequences)
  }

  /// Waits for the stream.
  func synchronize() { timeline.wait(until: process.now.picoseconds) }

  /// Where the library works on the host, the host has waited in the rank's last call of it until that returned.
  private func followLibrary() {
    if libraryWorksOnHost { timeline.wait(until: process.lastReturn.picoseconds) }
  }
}
