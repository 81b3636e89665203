import Communication
import Hosts
import Simulation
import SimulationKernel

/// A rank whose script uses the streams of an accelerator.
///
/// NCCL's calls take place on streams of its own, behind what the script's current stream has been given; waiting for one
/// makes the current stream wait, not the host. The host waits where the script synchronizes or asks for a value.
extension RankConversation {
  /// What the script's own timers read.
  var scriptTime: VirtualTime { streams?.hostTime ?? process.now }

  /// Gives the device what the script has given it.
  func take(_ command: StreamCommand, _ streams: DeviceStreams) async throws {
    switch command {
    case .select(let stream): currentStream = stream
    case .record(let event): streams.record(event, on: currentStream)
    case .wait(let event): streams.wait(currentStream, for: event)
    case .synchronizeStream(let stream): streams.synchronizeHost(withStream: stream)
    case .synchronizeEvent(let event): streams.synchronizeHost(withEvent: event)
    case .dispatch(let thousandths): streams.dispatchThousandths = thousandths
    case .launchGraph: streams.launchGraph()
    case .copy(let copy): rank.simulatedDevice?.copy(copy, stream: currentStream)
    case .synchronizeDevice:
      for group in latestCalls.keys.sorted() { try await awaitLatestCall(ofGroup: group, streams) }
      streams.synchronizeHost(withStream: nil)
    }
  }

  /// Whether a group's calls take place on the accelerator.
  func worksOnDevice(_ group: UInt32) -> Bool { streams != nil && groups[group]?.library.worksOnDevice == true }

  /// Moves the process to where a group's call can begin, if it is one of a script that uses streams.
  ///
  /// - Parameter keepsOrder: whether it waits for the group's call before. Messages do not: those of one batch are on
  ///   their way together.
  func beginOnDevice(group number: UInt32, keepsOrder: Bool = true) async throws {
    guard let streams else { return }
    if worksOnDevice(number) {
      if keepsOrder { try await awaitLatestCall(ofGroup: number, streams) }
      streams.beginCall(ofGroup: Int(number), behind: currentStream)
    } else {
      process.setClock(to: max(streams.hostTime, process.engine.now))
    }
  }

  /// Waits for the call before: the library executes the collectives of a group one after another.
  private func awaitLatestCall(ofGroup group: UInt32, _ streams: DeviceStreams) async throws {
    guard let latest = latestCalls.removeValue(forKey: group) else { return }
    streams.beginCall(ofGroup: Int(group), behind: currentStream)
    // What has gone wrong is told to who waits for it.
    _ = try? await latest.waitRepeatably()
    streams.noteCall(ofGroup: Int(group), at: process.now)
  }

  /// Tells when an event of a stream happens, in picoseconds; -1 if it has not been recorded.
  func tellTime(ofEvent event: StreamClocks.Event, _ interval: Interval) async throws {
    try await charge(interval, before: ComputeRecording.question)
    answer(.number(streams?.time(of: event)?.picoseconds ?? -1))
  }
}
