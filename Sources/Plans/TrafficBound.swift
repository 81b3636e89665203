import Communication
import Models
import Network
import Predictions
import Uniference

/// What communication takes at least, in seconds: latencies that follow each other, and bytes over the narrowest cut.
///
/// Known for links whose figures are those of the run: not for collectives that are timed by measured figures, links that
/// change, or token buckets, which let bursts pass.
///
/// *Latency.* In a tensor-parallel layer are two all-reduces. Each member's result needs what the last member to begin, q,
/// contributes, so every other one ends no earlier than q began and the latency from q to it, λ at least. Some member other
/// than q begins the next one after that. So the beginnings of the last member, and with them 2L all-reduces in a row, are λ
/// apart. A pipeline's pass crosses from each stage to the next, and its tokens return to the first: stages · λ.
///
/// Under `sequence` rows are gathered after each of L - 1 layers, where the same holds.
///
/// *Bytes.* The sum of S bytes on one member depends on all of the others' S bytes, which it does not have, so at least S
/// enter each member in an all-reduce. They come over the last links of the ways to it; on a shared channel all members'
/// do. The members' clocks differ by less than a step, so of the steps after the first token three are not counted, and of
/// a prompt's all-reduces two.
struct TrafficBound {
  /// Until the first token.
  private(set) var first = 0.0
  /// Latencies of each token after it.
  private(set) var step = 0.0
  /// Time that each token's bytes take on the narrowest cut.
  private(set) var stepBytes = 0.0

  init(
    _ workload: TextGeneration, _ strategy: ParallelStrategy, _ placement: DevicePlacement, _ cluster: Cluster
  ) throws {
    guard placement.ranks.count > 1, cluster.hasPlainLinks else { return }
    let topology = try cluster.makeTopology()
    guard topology.links.allSatisfy({ $0.burstBytes == 0 && $0.packetBytes == 0 }) else { return }
    let latency = Self.leastLatency(placement.ranks, topology)
    guard case .grid(let tensor, let pipeline, _) = strategy else {
      first = Double(workload.model.layerCount - 1) * latency
      return
    }
    step = pipeline > 1 ? Double(pipeline) * latency : 0
    first = Double(pipeline - 1) * latency
    guard tensor > 1 else { return }
    let model = workload.model
    let allReduces = Double(2 * model.layerCount)
    step = max(step, allReduces * latency)
    first = max(first, allReduces * latency)
    guard model.sumFormat == nil else { return }
    let row = Double(model.hiddenSize * model.elementType.byteCount * workload.shape.batchSize)
    // Stages have layers one after another: the widest stage's cut bounds them all.
    let cuts = (0..<pipeline).map { stage in
      Self.secondsPerByte(Array(placement.ranks[stage * tensor..<(stage + 1) * tensor]), topology)
    }
    let perByte = cuts.min() ?? 0
    // Micro-batches of several stages cross several cuts at the same time.
    guard pipeline == 1 else { return }
    stepBytes = allReduces * row * perByte
    first = max(first, (allReduces - 2) * row * Double(workload.shape.promptLength) * perByte)
  }

  private static func leastLatency(_ ranks: [Int], _ topology: Topology) -> Double {
    var least = Int64.max
    for source in ranks {
      for destination in ranks where source != destination {
        let route = topology.route(from: source, to: destination)
        least = min(least, route.reduce(0) { $0 + topology.links[Int($1)].latencyPicoseconds })
      }
    }
    return least == .max ? 0 : Double(least) / 1e12
  }

  /// The time of a byte of an all-reduce on the narrowest cut around some members.
  private static func secondsPerByte(_ ranks: [Int], _ topology: Topology) -> Double {
    let entries = ranks.map { rank in
      Set(ranks.filter { $0 != rank }.compactMap { topology.route(from: $0, to: rank).last })
    }
    let all = entries.reduce(Set()) { $0.union($1) }
    func rate(_ links: Set<LinkID>) -> Double { links.reduce(0) { $0 + topology.links[Int($1)].bytesPerSecond } }
    let single = entries.map { 1 / rate($0) }.max() ?? 0
    return max(single, Double(ranks.count) / rate(all))
  }
}

extension Cluster {
  /// Whether messages and collectives take what links say, and no table.
  fileprivate var hasPlainLinks: Bool {
    guard network.topology.isSymmetric, network.changes.isEmpty else { return false }
    switch network.collectives {
    case .ideal, .gloo: return true
    default: return false
    }
  }
}
