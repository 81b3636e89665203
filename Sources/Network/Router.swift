/// Finds paths. There is one between any two hosts: whoever builds a topology has made sure of it.
public protocol Router: Sendable {
  /// Appends the links of a path in order. `source` and `destination` differ. The same arguments give the same path, and
  /// no path passes a node twice.
  ///
  /// - Parameter choice: which path, where several are equally good.
  func appendRoute(from source: Int, to destination: Int, by choice: PathChoice, to route: inout [LinkID])

  /// Whether there are two ways around a ring, or several through a graph, between some hosts.
  var mayFork: Bool { get }

  /// Appends the hosts that a path passes through between its ends, which relay as switches do elsewhere. Arguments are as
  /// those of ``appendRoute(from:to:by:to:)``.
  func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int])

  /// Whether hosts may relay.
  var hostsRelay: Bool { get }

  /// Marks the links of all paths that connections to `destination` may take from those sources.
  func markPaths(from sources: some Sequence<Int>, to destination: Int, in used: inout [Bool])
}

extension Router {
  /// No: there is one path between any two hosts.
  public var mayFork: Bool { false }

  /// No: there are switches between hosts, cables, or air.
  public var hostsRelay: Bool { false }

  /// None.
  public func appendRelays(from source: Int, to destination: Int, by choice: PathChoice, to relays: inout [Int]) {}

  /// The paths of the first two lanes: of rings these are all.
  public func markPaths(from sources: some Sequence<Int>, to destination: Int, in used: inout [Bool]) {
    var route: [LinkID] = []
    for source in sources where source != destination {
      route.removeAll(keepingCapacity: true)
      for lane in 0..<(mayFork ? 2 : 1) {
        appendRoute(from: source, to: destination, by: .lane(lane), to: &route)
      }
      for link in route { used[Int(link)] = true }
    }
  }
}

/// Which of several equally good paths a connection takes.
public enum PathChoice: Hashable, Sendable {
  /// The one that a hash of source, destination and this number gives at each fork, in proportion to the bandwidths there:
  /// as switches do it (equal-cost multipath, RFC 2992), so that the messages of a connection stay in order. 31 bits count.
  case hashed(Int)
  /// At each fork the way of this number, counted around: for libraries that use all of several planes at once.
  case lane(Int)

  /// One of the ways that lead on at a fork.
  ///
  /// - Parameters:
  ///   - fork: where the ways part, so that choices of one connection at several forks are independent.
  ///   - weights: of the ways, in order; their chances are proportional to these.
  func way(from source: Int, to destination: Int, at fork: Int, weights: some RandomAccessCollection<Double>) -> Int {
    switch self {
    case .lane(let lane): return lane % weights.count
    case .hashed(let number):
      var hash = Self.mix(UInt64(truncatingIfNeeded: source), 0x9E37_79B9_7F4A_7C15)
      for part in [destination, number, fork] { hash = Self.mix(hash ^ UInt64(truncatingIfNeeded: part), hash) }
      var rest = Double(hash >> 11) * 0x1p-53 * weights.reduce(0, +)
      for (index, weight) in weights.enumerated() {
        rest -= weight
        if rest < 0 { return index }
      }
      return weights.count - 1
    }
  }

  /// A finalizer whose every output bit depends on every input bit (SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
  private static func mix(_ value: UInt64, _ increment: UInt64) -> UInt64 {
    var mixed = value &+ (increment | 1)
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension PathChoice {
  /// Whether to go upwards around a ring of `extent` to what is `upward` steps away in that direction: the shorter way, or
  /// where both are equal one of the two.
  ///
  /// - Parameter dimension: of a torus, which is the ring's.
  @inline(__always)
  func goesUp(_ upward: Int, of extent: Int, from source: Int, to destination: Int, along dimension: Int) -> Bool {
    guard upward == extent - upward else { return upward < extent - upward }
    return way(from: source, to: destination, at: dimension, weights: [1, 1]) == 0
  }
}
