import Models
import SimulationKernel

@testable import Serving

/// A served load whose iterations take a time that a function says, without devices: for what can be known beforehand.
struct SyntheticServing {
  var system: ServingSystem
  /// The next request, after the completion of one where the load is a closed loop.
  var next: (_ completion: VirtualTime) throws -> ServingRequest?
  /// How many requests of a closed loop are there at once.
  var concurrency: Int?
  /// Seconds.
  var iterationTime: (BatchShape) -> Double
  /// Called after each event.
  var check: (ServingSystem) -> Void = { _ in }
  /// Events until now.
  private(set) var eventCount = 0

  init(
    _ settings: SchedulerSettings, blockCounts: [Int] = [1 << 20], router: Router.Policy = .leastLoaded,
    load: RequestLoad, maximumLength: Int = 1 << 30, seed: UInt64, iterationTime: @escaping (BatchShape) -> Double
  ) throws {
    system = ServingSystem(
      settings, blockCounts: blockCounts, router: router, load: load, maximumLength: maximumLength, seed: seed)
    var source = try RequestSource(load, seed: seed)
    concurrency = source.concurrency
    next = { try source.next(after: $0) }
    self.iterationTime = iterationTime
  }

  struct Endless: Error {}

  /// Serves all requests.
  mutating func run(atMost limit: Int = 10_000_000) throws {
    var arrival: ServingRequest?
    if let concurrency {
      for _ in 0..<concurrency { try admitNext(after: .zero) }
    } else {
      arrival = try next(.zero)
    }
    var ends: [VirtualTime?] = system.replicas.map { _ in nil }
    var now = VirtualTime.zero
    while true {
      eventCount += 1
      guard eventCount < limit else { throw Endless() }
      for replica in ends.indices where ends[replica] == nil {
        if let batch = system.begin(replica, at: now) {
          ends[replica] = now.advanced(by: .nearest(seconds: iterationTime(batch)))
        }
      }
      check(system)
      let end = ends.compactMap(\.self).min()
      guard let time = [arrival?.arrival, end].compactMap(\.self).min() else { return }
      now = time
      while let request = arrival, request.arrival <= now {
        _ = system.add(request)
        arrival = try next(.zero)
      }
      for replica in ends.indices where ends[replica].map({ $0 <= now }) ?? false {
        ends[replica] = nil
        let finished = system.end(replica, at: now)
        guard concurrency != nil else { continue }
        for _ in 0..<finished { try admitNext(after: now) }
      }
    }
  }

  /// Has a user of a closed loop ask; who is refused asks something else.
  private mutating func admitNext(after completion: VirtualTime) throws {
    while let request = try next(completion), system.add(request) == nil {}
  }
}
