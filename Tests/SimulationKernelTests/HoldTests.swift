import SimulationKernel
import Testing

@Suite("External holds")
struct HoldTests {
  @Test("what is earlier than held work is known to take happens meanwhile, in order")
  func advancing() throws {
    let engine = Engine()
    let order = Recorder<String>()
    let source = StepwiseSource(steps: [300, 500, 900])
    engine.spawn(name: "holder") { process in
      process.compute(picoseconds: 100)
      _ = try await process.hold(for: "work", returning: Int.self, reportedBy: source) { source.hold = $0 }
      process.compute(picoseconds: 850)
      order.append("work done at \(process.now)")
    }
    engine.spawn(name: "other") { process in
      for pause in [50, 200, 400, 600] as [Int64] {
        process.compute(picoseconds: pause)
        try await process.synchronize(at: .init())
        order.append("other at \(process.now) after \(source.taken) looks")
      }
    }

    try engine.run()

    #expect(
      order.values == [
        "other at 50 ps after 0 looks", "other at 250 ps after 1 looks", "other at 650 ps after 3 looks",
        "work done at 950 ps", "other at 1.25 ns after 4 looks",
      ])
  }

  @Test("work that turns out shorter than was known leaves its process's clock to it")
  func shorter() throws {
    let engine = Engine()
    let source = StepwiseSource(steps: [700])
    let holder = engine.spawn(name: "holder") { process in
      _ = try await process.hold(for: "work", returning: Int.self, reportedBy: source) { source.hold = $0 }
      #expect(process.now == .zero)
      #expect(process.engine.now == VirtualTime(picoseconds: 700))
    }
    engine.call(at: VirtualTime(picoseconds: 600)) {}

    try engine.run()

    #expect(holder.now == .zero)
  }

  @Test("work handed out after such work begins at the engine's time")
  func next() throws {
    let engine = Engine()
    let sources = [StepwiseSource(steps: [700]), StepwiseSource(steps: [])]
    let holder = engine.spawn(name: "holder") { process in
      for source in sources {
        _ = try await process.hold(for: "work", returning: Int.self, reportedBy: source) { source.hold = $0 }
      }
    }
    engine.call(at: VirtualTime(picoseconds: 600)) {}

    try engine.run()

    #expect(holder.now == VirtualTime(picoseconds: 700))
  }
}

/// Says that its hold takes longer, step by step, and then reports it.
///
/// Sendable without checks because it is used only on the engine's thread.
private final class StepwiseSource: ReportSource, @unchecked Sendable {
  var hold: ExternalHold<Int>?
  private(set) var taken = 0
  private let steps: [Int64]

  init(steps: [Int64]) { self.steps = steps }

  func awaitReports() {
    if taken < steps.count {
      hold?.advance(to: VirtualTime(picoseconds: steps[taken]))
    } else {
      hold?.finish(.success(1), elapsed: .zero)
    }
    taken += 1
  }
}
