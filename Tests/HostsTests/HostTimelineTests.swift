import Hosts
import Testing

@Suite("A host's timeline beside its accelerator's stream")
struct HostTimelineTests {
  @Test("long kernels hide dispatch, short ones wait for it")
  func hiding() {
    let model = DispatchModel(picosecondsPerOperation: 10, launchLatencyPicoseconds: 3)
    var timeline = HostTimeline(model)
    // Dispatched by 10, 20, 30; each may begin 3 later.
    var stream = timeline.dispatch(behind: 0)
    #expect(stream == 13)
    stream += 100
    #expect(timeline.dispatch(behind: stream) == 113)
    #expect(timeline.dispatch(behind: 114) == 114 && timeline.time == 30)
    var short = HostTimeline(model)
    for number in 1...5 { #expect(short.dispatch(behind: Int64(number - 1) * 10 + 4) == Int64(number) * 10 + 3) }
  }

  @Test("kernels of a compiled program take the host a part of an operation, those of a graph nothing")
  func partsOfAnOperation() {
    var timeline = HostTimeline(DispatchModel(picosecondsPerOperation: 5000, launchLatencyPicoseconds: 3))
    #expect(timeline.dispatch(thousandths: 1000, behind: 0) == 5003)
    #expect(timeline.dispatch(thousandths: 400, behind: 0) == 7003)
    #expect(timeline.dispatch(thousandths: 0, behind: 9000) == 9000 && timeline.time == 7000)
  }

  @Test("a value that is read holds the host up until it is there, and the next step takes its time")
  func reading() {
    var timeline = HostTimeline(
      DispatchModel(picosecondsPerOperation: 10, picosecondsPerStep: 50, picosecondsPerRequest: 70))
    #expect(timeline.time == 70)
    #expect(timeline.dispatch(behind: 0) == 80)
    timeline.readValue(computedAt: 400)
    #expect(timeline.time == 450 && timeline.dispatch(behind: 400) == 460)
    timeline.readValue(computedAt: 100)
    #expect(timeline.time == 510)
  }

  @Test("it agrees with a simulation event by event", arguments: 0..<200 as Range<UInt64>)
  func reference(seed: UInt64) {
    var random = SplitMix(state: seed &+ 1)
    let model = DispatchModel(
      picosecondsPerOperation: .random(in: 0...30, using: &random),
      picosecondsPerStep: .random(in: 0...40, using: &random),
      picosecondsPerRequest: .random(in: 0...40, using: &random),
      launchLatencyPicoseconds: .random(in: 0...20, using: &random))
    let program = (0..<60).map { _ in ProgramStep.random(using: &random) }
    var timeline = HostTimeline(model)
    var streamTime: Int64 = 0
    var ends: [Int64] = []
    for step in program {
      switch step {
      case .operation(let host, let duration):
        streamTime = timeline.dispatch(operations: host, behind: streamTime) + duration
        ends.append(streamTime)
      case .read: timeline.readValue(computedAt: streamTime)
      case .synchronize: timeline.wait(until: streamTime)
      }
    }
    var reference = EventByEvent(model, program)
    let expected = reference.run()
    #expect(ends == expected.ends && timeline.time == expected.host, "seed \(seed)")
  }
}

private enum ProgramStep {
  case operation(host: Int64, duration: Int64)
  case read
  case synchronize

  static func random(using random: inout SplitMix) -> ProgramStep {
    switch Int.random(in: 0..<20, using: &random) {
    case 0: .read
    case 1: .synchronize
    default: .operation(host: .random(in: 0...3, using: &random), duration: .random(in: 0...60, using: &random))
    }
  }
}

/// A host and a stream that look at the clock at every tick at which something may happen, and know nothing of maxima.
private struct EventByEvent {
  private let model: DispatchModel
  private var program: ArraySlice<ProgramStep>
  private var now: Int64 = 0
  private var hostFreeAt: Int64
  private var isReading = false
  /// Dispatched, not begun: when each is there, and how long it takes.
  private var queue: [(ready: Int64, duration: Int64)] = []
  private var executingUntil: Int64?
  private var ends: [Int64] = []

  init(_ model: DispatchModel, _ program: [ProgramStep]) {
    self.model = model
    self.program = program[...]
    hostFreeAt = model.picosecondsPerRequest
  }

  mutating func run() -> (ends: [Int64], host: Int64) {
    while !program.isEmpty || !queue.isEmpty || executingUntil != nil {
      while actOnce() {}
      now += 1
    }
    return (ends, hostFreeAt)
  }

  private mutating func actOnce() -> Bool {
    if let end = executingUntil, end == now {
      executingUntil = nil
      ends.append(end)
      return true
    }
    if executingUntil == nil, let next = queue.first, next.ready <= now {
      queue.removeFirst()
      executingUntil = now + next.duration
      return true
    }
    guard hostFreeAt <= now, let step = program.first else { return false }
    switch step {
    case .operation(let host, let duration):
      hostFreeAt += host * model.picosecondsPerOperation
      queue.append((hostFreeAt + model.launchLatencyPicoseconds, duration))
    case .read, .synchronize:
      guard queue.isEmpty, executingUntil == nil else { return false }
      hostFreeAt = max(hostFreeAt, ends.last ?? 0)
      if case .read = step { hostFreeAt += model.picosecondsPerStep }
    }
    program.removeFirst()
    return true
  }
}

struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
