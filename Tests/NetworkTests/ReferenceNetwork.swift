/// The slow, obvious model: rational-free but literal. Time goes from change to change; at each, all rates are computed
/// anew by raising all unfrozen flows together until a link is full.
struct ReferenceNetwork {
  struct Flow {
    var start: Double
    var bytes: Double
    var links: [Int]
  }

  var capacities: [Double]
  var latencies: [Double]
  var flows: [Flow]

  func finishTimes() -> [Double] {
    var remaining = flows.map(\.bytes)
    var finished = Array(repeating: Double.infinity, count: flows.count)
    let ready = flows.map { flow in flow.start + flow.links.reduce(0) { $0 + latencies[$1] } }
    var now = 0.0
    while finished.contains(.infinity) {
      let active = flows.indices.filter { finished[$0] == .infinity && ready[$0] <= now }
      let rates = fairRates(of: active)
      var next = flows.indices.filter { ready[$0] > now }.map { ready[$0] }.min() ?? .infinity
      for flow in active { next = min(next, now + remaining[flow] / rates[flow]!) }
      for flow in active {
        remaining[flow] -= rates[flow]! * (next - now)
        if remaining[flow] <= 1e-9 * flows[flow].bytes { finished[flow] = next }
      }
      now = next
    }
    return finished
  }

  func fairRates(of active: [Int]) -> [Int: Double] {
    var rates: [Int: Double] = [:]
    var open = Set(active)
    while !open.isEmpty {
      var level = Double.infinity
      for link in capacities.indices {
        let crossing = active.filter { flows[$0].links.contains(link) }
        let unfrozen = crossing.filter(open.contains)
        guard !unfrozen.isEmpty else { continue }
        let taken = crossing.filter { !open.contains($0) }.reduce(0) { $0 + rates[$1]! }
        level = min(level, (capacities[link] - taken) / Double(unfrozen.count))
      }
      var frozen: [Int] = []
      for link in capacities.indices {
        let crossing = active.filter { flows[$0].links.contains(link) }
        let unfrozen = crossing.filter(open.contains)
        let taken = crossing.filter { !open.contains($0) }.reduce(0) { $0 + rates[$1]! }
        guard !unfrozen.isEmpty, (capacities[link] - taken) / Double(unfrozen.count) <= level * (1 + 1e-12) else {
          continue
        }
        frozen += unfrozen
      }
      for flow in frozen {
        rates[flow] = level
        open.remove(flow)
      }
    }
    return rates
  }
}
