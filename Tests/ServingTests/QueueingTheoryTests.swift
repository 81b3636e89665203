import Foundation
import Models
import SimulationKernel
import Testing

@testable import Serving

/// Special cases that have formulas.
@Suite("Schedulers agree with queueing theory")
struct QueueingTheoryTests {
  private static let count = 12_000

  /// One request at a time, one iteration for each.
  private static func oneServer(rate: Double, time: @escaping () -> Double) throws -> ServingReport {
    var settings = SchedulerSettings(.vllm)
    settings.maximumSequences = 1
    let load = RequestLoad(
      arrivals: .poisson(rate: rate), requestCount: count, prompt: .fixed(1), output: .fixed(1), warmUpCount: 500)
    var serving = try SyntheticServing(settings, load: load, seed: 7) { _ in time() }
    try serving.run()
    #expect(serving.system.account.servedCount == count)
    return ServingReport(serving.system, load: load, objective: nil)
  }

  /// Four standard errors, which chance exceeds once in many thousands of seeds.
  private static func expect(
    _ found: Estimate?, near expected: Double, bias: Double = 0, _ name: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let estimate = try #require(found)
    let error = try #require(estimate.error)
    #expect(error < 0.4 * expected, name, sourceLocation: sourceLocation)
    #expect(
      abs(estimate.value - expected) < 4 / 1.729 * error + bias, "\(name): \(estimate), expected \(expected)",
      sourceLocation: sourceLocation)
  }

  @Test("M/M/1: the mean time in the system is 1/(μ - λ)", arguments: [0.3, 0.6, 0.8])
  func exponentialTimes(rate: Double) throws {
    var random = RandomStream(seed: 11)

    let report = try Self.oneServer(rate: rate) { random.nextExponential() }

    try Self.expect(report.latency?.mean, near: 1 / (1 - rate), "latency")
    try Self.expect(report.queueing?.mean, near: rate / (1 - rate), "queueing")
    // Times in the system are exponential, so that their median is ln 2 times their mean.
    try Self.expect(report.latency?.p50, near: log(2) / (1 - rate), "median")
  }

  @Test("M/D/1: the mean time in the queue is ρ/(2μ(1 - ρ))", arguments: [0.3, 0.6, 0.8])
  func constantTimes(rate: Double) throws {
    let report = try Self.oneServer(rate: rate) { 1 }

    try Self.expect(report.queueing?.mean, near: rate / (2 * (1 - rate)), "queueing")
    try Self.expect(report.latency?.mean, near: 1 + rate / (2 * (1 - rate)), "latency")
  }

  /// Sequences of a continuous batch are the servers: each iteration takes the same short time, and outputs are so long that
  /// they take exponential times.
  @Test("M/M/c: the mean time in the queue is that of Erlang's formula", arguments: [(2, 0.6), (3, 0.7)])
  func severalServers(servers: Int, use: Double) throws {
    let step = 0.025
    let rate = use * Double(servers)
    var settings = SchedulerSettings(.vllm)
    settings.maximumSequences = servers
    settings.cachesPrefixes = false
    let load = RequestLoad(
      arrivals: .poisson(rate: rate), requestCount: Self.count, prompt: .fixed(1), output: .fixed(1), warmUpCount: 500)
    var serving = try SyntheticServing(settings, load: load, seed: 3) { _ in step }
    let next = serving.next
    var random = RandomStream(seed: 5)
    serving.next = { completion in
      guard let request = try next(completion) else { return nil }
      let tokens = max(1, Int((random.nextExponential() / step).rounded(.up)))
      return ServingRequest(id: request.id, arrival: request.arrival, promptLength: 1, outputLength: tokens)
    }

    try serving.run()
    let report = ServingReport(serving.system, load: load, objective: nil)

    // Erlang C.
    let offered = rate
    var term = 1.0
    var sum = 1.0
    for number in 1..<servers {
      term *= offered / Double(number)
      sum += term
    }
    let last = term * offered / Double(servers) / (1 - use)
    let waiting = last / (sum + last) / (Double(servers) - rate)
    // Who comes during an iteration waits for its end, and whole iterations are a little longer.
    try Self.expect(report.queueing?.mean, near: waiting + step / 2, bias: 1.5 * step, "queueing")
    try Self.expect(report.latency?.mean, near: waiting + 1 + step, bias: 2 * step, "latency")
  }

  @Test("in a closed loop throughput times latency is the concurrency (Little)", arguments: [1, 5, 32])
  func little(concurrency: Int) throws {
    let load = RequestLoad(
      arrivals: .closedLoop(concurrency: concurrency), requestCount: 4000, prompt: .uniform(1...300),
      output: .uniform(1...60))
    var serving = try SyntheticServing(SchedulerSettings(.vllm), load: load, seed: 1) { batch in
      0.001 + 0.00001 * Double(batch.tokenCount)
    }
    try serving.run()
    let report = ServingReport(serving.system, load: load, objective: nil)

    let inside = report.servedRate * (report.latency?.mean.value ?? 0)
    #expect(abs(inside - Double(concurrency)) < 0.02 * Double(concurrency), "\(inside)")
  }
}
