import Foundation
import SimulationKernel
import Testing

@Suite("What goes wrong")
struct FailureTests {
  struct Broken: Error {}

  private func failure(of engine: Engine) -> SimulationFailure? {
    do {
      try engine.run()
      return nil
    } catch {
      return error
    }
  }

  @Test("a process that throws ends the run with its name, time and place, and the others are cancelled")
  func throwingProcess() throws {
    let engine = Engine()
    let cancelled = Recorder<Bool>()
    engine.spawn(name: "waiter") { process in
      do {
        _ = try await process.mailbox.receive(EnvelopePattern(source: 1, tag: 0))
      } catch is CancellationError {
        cancelled.append(true)
        throw CancellationError()
      }
    }
    engine.spawn(name: "rank 1") { process in
      try await process.synchronize(at: .init())
      process.compute(for: .milliseconds(5))
      throw Broken()
    }

    guard case .processFailed(let report)? = failure(of: engine) else {
      Issue.record("the run did not fail")
      return
    }
    #expect(report.name == "rank 1")
    #expect(report.time == VirtualTime(seconds: 0.005))
    #expect(cancelled.values == [true])
    #expect(
      report.description
        == "rank 1 failed at virtual time 5 ms, before any primitive: Broken()")
  }

  @Test("a deadlock is reported with who waits on whom, where, and the cycle")
  func deadlock() throws {
    let engine = Engine()
    for rank in 0..<3 {
      engine.spawn(name: "rank \(rank)") { process in
        _ = try await process.mailbox.receive(EnvelopePattern(source: (rank + 1) % 3, tag: 4), line: 77)
      }
    }

    guard case .deadlock(let report)? = failure(of: engine) else {
      Issue.record("the run did not fail")
      return
    }
    #expect(report.entries.map(\.wait.operation) == (0..<3).map { "receive from \(($0 + 1) % 3), tag 4" })
    #expect(report.cycle == ["rank 0", "rank 1", "rank 2"])
    #expect(report.description.contains("cycle: rank 0 -> rank 1 -> rank 2 -> rank 0"))
    #expect(report.description.contains("SimulationKernelTests/FailureTests.swift:77"))
  }

  @Test("a process that really sleeps is named, not waited for")
  func realSleep() throws {
    let engine = Engine()
    engine.spawn(name: "sleeper") { _ in try await Task.sleep(for: .seconds(3600)) }
    engine.spawn(name: "worker") { $0.compute(for: .seconds(1)) }

    guard case .foreignWait(let wait)? = failure(of: engine) else {
      Issue.record("the run did not fail")
      return
    }
    #expect(wait.names == ["sleeper"])
  }

  @Test("a process that waits for the main actor is named")
  func mainActor() throws {
    let engine = Engine()
    engine.spawn(name: "visitor") { _ in await MainActor.run {} }
    guard case .foreignWait(let wait)? = failure(of: engine) else {
      Issue.record("the run did not fail")
      return
    }
    #expect(wait.names == ["visitor"])
  }

  @Test("an interruption ends the run, whatever the processes do with their cancellation")
  func interruption() throws {
    let engine = Engine()
    engine.spawn(name: "stubborn") { process in
      while true { try? await process.synchronize(at: .init()); process.compute(for: .seconds(1)) }
    }
    engine.call(at: VirtualTime(seconds: 10)) { engine.interrupt() }

    guard case .interrupted(let time)? = failure(of: engine) else {
      Issue.record("the run did not fail")
      return
    }
    #expect(time >= VirtualTime(seconds: 10))
  }

  @Test("external holds may end in any order; the result is the same")
  func holds() throws {
    func run(_ delays: [Int]) throws -> [String] {
      let engine = Engine()
      let order = Recorder<String>()
      for rank in 0..<3 {
        engine.spawn(name: "rank \(rank)") { process in
          process.compute(for: .milliseconds(rank))
          let value = try await process.hold(for: "compute", returning: Int.self) { hold in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(delays[rank])) {
              hold.finish(.success(rank * 10), elapsed: .seconds(1))
            }
          }
          order.append("\(process.name): \(value) at \(process.now)")
        }
      }
      try engine.run()
      return order.values
    }

    let expected = ["rank 0: 0 at 1 s", "rank 1: 10 at 1.001 s", "rank 2: 20 at 1.002 s"]
    #expect(try run([0, 10, 20]) == expected)
    #expect(try run([20, 10, 0]) == expected)
  }
}
