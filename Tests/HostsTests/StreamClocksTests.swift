import Hosts
import Testing

@Suite("Clocks of an accelerator's streams")
struct StreamClocksTests {
  @Test("streams work beside each other, and wait for events of others")
  func events() {
    var clocks = StreamClocks(at: 100)
    clocks[1] = 250
    clocks.record(7, on: 1)
    clocks[1] = 400
    #expect(clocks[0] == 100)
    clocks.wait(0, for: 7)
    #expect(clocks[0] == 250 && clocks.time(of: 7) == 250 && clocks.latest == 400)
    clocks.wait(0, for: 8)
    #expect(clocks[0] == 250 && clocks.time(of: 8) == nil)
    clocks.wait(0, until: 200)
    #expect(clocks[0] == 250)
  }

  @Test("they agree with streams that execute their queues step by step", arguments: 0..<300 as Range<UInt64>)
  func reference(seed: UInt64) {
    var random = SplitMix(state: seed &+ 1)
    var clocks = StreamClocks(at: 0)
    var queues = StepByStep(streamCount: 3)
    for event in 0..<80 as Range<Int64> {
      let stream = Int64.random(in: 0..<3, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        clocks.record(event, on: stream)
        queues.append(.record(event), to: stream)
      case 1:
        // Events that nobody has recorded too.
        let other = Int64.random(in: 0...event, using: &random)
        clocks.wait(stream, for: other)
        queues.append(.wait(other), to: stream)
      default:
        let duration = Int64.random(in: 0...20, using: &random)
        clocks[stream] += duration
        queues.append(.work(duration), to: stream)
      }
    }
    #expect(queues.run() == (0..<3).map { clocks[$0] }, "seed \(seed)")
  }
}

/// Streams with queues: at each tick every stream does a tick of its first operation, unless that has to wait.
private struct StepByStep {
  enum Step {
    case work(Int64)
    case record(Int64)
    case wait(Int64)
  }

  private var queues: [[Step]]
  private var recorded: Set<Int64> = []
  private var happened: Set<Int64> = []

  init(streamCount: Int) { queues = Array(repeating: [], count: streamCount) }

  mutating func append(_ step: Step, to stream: Int64) {
    if case .record(let event) = step { recorded.insert(event) }
    // Nobody waits for what has not been recorded by now.
    if case .wait(let event) = step, !recorded.contains(event) { return }
    queues[Int(stream)].append(step)
  }

  /// When each stream has done its last step.
  mutating func run() -> [Int64] {
    var ends = Array(repeating: Int64(0), count: queues.count)
    var time: Int64 = 0
    while queues.contains(where: { !$0.isEmpty }) {
      var hasChanged = true
      while hasChanged {
        hasChanged = false
        for stream in queues.indices where takeInstantSteps(of: stream) {
          hasChanged = true
          ends[stream] = time
        }
      }
      time += 1
      for stream in queues.indices {
        guard case .work(let left)? = queues[stream].first else { continue }
        queues[stream][0] = .work(left - 1)
        ends[stream] = time
      }
    }
    return ends
  }

  /// Does the steps at the front that take no time. Returns whether there were any.
  private mutating func takeInstantSteps(of stream: Int) -> Bool {
    var hasChanged = false
    while let step = queues[stream].first {
      switch step {
      case .record(let event): happened.insert(event)
      case .wait(let event) where happened.contains(event): break
      case .work(0): break
      case .wait, .work: return hasChanged
      }
      queues[stream].removeFirst()
      hasChanged = true
    }
    return hasChanged
  }
}
