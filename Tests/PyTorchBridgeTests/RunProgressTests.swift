import SimulationKernel
import Testing

@testable import PyTorchBridge

@Suite("A run's progress")
struct RunProgressTests {
  private func state(_ seconds: Double, _ calls: Int, _ activity: RankState.Activity) -> RankState {
    RankState(time: VirtualTime(seconds: seconds), callCount: calls, activity: activity)
  }

  @Test("says the virtual time, the calls, and what ranks do")
  func line() {
    let states = [
      state(1.25, 10, .script), state(1.5, 11, .waiting(operation: "all_reduce")),
      state(1.4, 11, .waiting(operation: "all_reduce")), state(1, 9, .waiting(operation: "recv")),
      state(0.5, 0, .ended),
    ]
    #expect(
      RunProgress.line(states)
        == "1.5 s simulated, 41 calls, 1 rank in the script, 2 wait in all_reduce, 1 waits in recv, 1 ended")
    #expect(
      RunProgress.line([state(0, 1, .script), state(0, 0, .script)]) == "0 s simulated, 1 call, 2 ranks in the script")
    #expect(RunProgress.line([]) == "0 s simulated, 0 calls")
  }

  @Test("is said a few times a second at most")
  func interval() {
    var progress = RunProgress()
    let start = ContinuousClock.now
    #expect(progress.line([], at: start) != nil)
    #expect(progress.line([], at: start + .milliseconds(249)) == nil)
    #expect(progress.line([], at: start + .milliseconds(250)) != nil)
    #expect(progress.line([], at: start + .milliseconds(251)) == nil)
  }
}
