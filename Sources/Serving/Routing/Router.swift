import SimulationKernel

/// Decides which replica serves a request.
public struct Router: Sendable {
  /// By what it decides.
  public enum Policy: String, CaseIterable, Hashable, Sendable {
    /// One replica after another.
    case roundRobin = "round-robin"
    /// The one with the fewest requests, of those the first.
    case leastLoaded = "least-loaded"
    /// Any.
    case random
    /// The one whose prefix cache holds most of the prompt, unless it has many more requests than another; of those that hold
    /// equally much the least loaded.
    case prefixAware = "prefix-aware"
  }

  /// How many requests more than the least loaded replica one may have and still be chosen for its prefix cache; and by which
  /// factor. As SGLang's `balance_abs_threshold` and `balance_rel_threshold`.
  private static let imbalance = (absolute: 32, relative: 1.1)

  private let policy: Policy
  private var random: RandomStream
  private var turn = 0

  /// A router whose random choices are those of a seed.
  public init(_ policy: Policy, seed: UInt64) {
    self.policy = policy
    random = RandomStream(seed: seed, stream: 0x5E45)
  }

  /// The replica for a request; there is at least one.
  public mutating func replica(for request: ServingRequest, among replicas: [Scheduler]) -> Int {
    switch policy {
    case .roundRobin:
      defer { turn = (turn + 1) % replicas.count }
      return turn
    case .leastLoaded: return Self.leastLoaded(replicas)
    case .random: return Int.random(in: replicas.indices, using: &random)
    case .prefixAware:
      let loads = replicas.map(\.requestCount)
      let (least, most) = (loads.min() ?? 0, loads.max() ?? 0)
      let isUneven =
        most - least > Self.imbalance.absolute && Double(most) > Self.imbalance.relative * Double(least)
      guard !isUneven else { return Self.leastLoaded(replicas) }
      let found = replicas.map { $0.rememberedTokens(of: request) }
      return replicas.indices.min { (-found[$0], loads[$0], $0) < (-found[$1], loads[$1], $1) } ?? 0
    }
  }

  private static func leastLoaded(_ replicas: [Scheduler]) -> Int {
    replicas.indices.min { (replicas[$0].requestCount, $0) < (replicas[$1].requestCount, $1) } ?? 0
  }
}
