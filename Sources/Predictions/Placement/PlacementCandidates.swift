import Models
import Network
import Uniference

/// The placements of a strategy that are worth trying on a cluster.
///
/// They do not depend on the order in which a cluster lists its devices, unless that order is a part of the network, as in a
/// ring. Equal devices are not told apart: a cluster of equal devices has one candidate, its first devices.
package struct PlacementCandidates {
  private let cluster: Cluster
  private let speeds: [Double]
  private let topology: Topology
  /// A number for each device, the same for those that may change places.
  package let kinds: [Int]

  /// More than these are not tried.
  static let limit = 8
  /// Of more devices than these the ways to all others are not compared, only their own links.
  private static let comparedDeviceLimit = 64

  /// - Parameter speeds: how fast each device would do the whole task alone.
  package init(cluster: Cluster, speeds: [Double]) throws {
    self.cluster = cluster
    self.speeds = speeds
    topology = try cluster.makeTopology()
    kinds = Self.kinds(of: cluster, topology)
  }

  /// At least one, the most promising first.
  func placements(of strategy: ParallelStrategy) -> [DevicePlacement] {
    let count = strategy.deviceCount
    guard count <= speeds.count else { return [DevicePlacement(first: min(count, speeds.count))] }
    var candidates: [DevicePlacement] = []
    var seen: Set<[Int]> = []
    for chosen in subsets(of: count) {
      for ranks in orders(of: chosen, strategy) where seen.insert(signature(ranks)).inserted {
        candidates.append(DevicePlacement(ranks: ranks))
      }
    }
    return Array(candidates.prefix(Self.limit))
  }

  // MARK: Which devices

  /// Around a device of each kind, those near to it and those that are fast.
  private func subsets(of count: Int) -> [[Int]] {
    guard count < speeds.count else { return [Array(speeds.indices)] }
    var seeds: [Int] = []
    var known: Set<Int> = []
    for rank in speeds.indices.sorted(by: isBefore) where known.insert(kind(of: rank, amongParts: count)).inserted {
      seeds.append(rank)
    }
    var seen: Set<[Int]> = []
    return seeds.prefix(Self.limit).flatMap { seed in
      [near(seed, count), fast(seed, count)]
    }.filter { seen.insert($0.sorted()).inserted }
  }

  private func near(_ seed: Int, _ count: Int) -> [Int] {
    let distances = distances(from: seed)
    return grown(from: seed, to: count) { left, right in
      if distances[left] != distances[right] { return distances[left] < distances[right] }
      return isBefore(left, right)
    }
  }

  private func fast(_ seed: Int, _ count: Int) -> [Int] {
    let distances = distances(from: seed)
    return grown(from: seed, to: count) { left, right in
      if speeds[left] != speeds[right] { return speeds[left] > speeds[right] }
      if distances[left] != distances[right] { return distances[left] < distances[right] }
      return isBefore(left, right)
    }
  }

  private func grown(from seed: Int, to count: Int, by isBefore: (Int, Int) -> Bool) -> [Int] {
    [seed] + speeds.indices.filter { $0 != seed }.sorted(by: isBefore).prefix(count - 1)
  }

  // MARK: In which order

  /// Where the network follows the order of the devices, so do a strategy's parts. Elsewhere fast devices come first; what
  /// the ends of a pipeline have on top of their layers may suit the slow ones, too, and so may either tower.
  private func orders(of chosen: [Int], _ strategy: ParallelStrategy) -> [[Int]] {
    guard cluster.network.topology.isKeyedByName else { return [chosen.sorted()] }
    let fastFirst = chosen.sorted(by: isBefore)
    switch strategy {
    case .grid(_, 2..., _), .towers:
      return [fastFirst, chosen.sorted { isFaster($1, $0) ?? isNamedBefore($0, $1) }]
    default: return [fastFirst]
    }
  }

  /// Fast and large devices first, then in the order of their names.
  private func isBefore(_ left: Int, _ right: Int) -> Bool { isFaster(left, right) ?? isNamedBefore(left, right) }

  /// Whether a device is faster, or equally fast and larger, than another one; `nil` where they are equal.
  private func isFaster(_ left: Int, _ right: Int) -> Bool? {
    if speeds[left] != speeds[right] { return speeds[left] > speeds[right] }
    let memory = [left, right].map { cluster.devices[$0].specification.usableMemory.bytes }
    return memory[0] == memory[1] ? nil : memory[0] > memory[1]
  }

  private func isNamedBefore(_ left: Int, _ right: Int) -> Bool {
    guard cluster.network.topology.isKeyedByName else { return left < right }
    return naturallyPrecedes(cluster.devices[left].name, cluster.devices[right].name)
  }

  // MARK: Which devices are alike

  /// Placements of one signature take equally long.
  private func signature(_ ranks: [Int]) -> [Int] {
    cluster.network.topology.isSymmetric ? ranks.map { kinds[$0] } : ranks
  }

  /// Where its place in the network is does not matter to a device that computes alone.
  private func kind(of rank: Int, amongParts count: Int) -> Int {
    guard count == 1 else { return kinds[rank] }
    return speeds.indices.first { Self.isAlike(cluster.devices[$0], cluster.devices[rank]) } ?? rank
  }

  private static func kinds(of cluster: Cluster, _ topology: Topology) -> [Int] {
    struct Kind: Hashable {
      let device: ClusterDevice
      let ways: [Way]
    }
    var numbers: [Kind: Int] = [:]
    return cluster.devices.enumerated().map { rank, device in
      let kind = Kind(device: device.withoutName, ways: ways(from: rank, in: topology))
      let number = numbers[kind] ?? numbers.count
      numbers[kind] = number
      return number
    }
  }

  private static func isAlike(_ left: ClusterDevice, _ right: ClusterDevice) -> Bool {
    left.withoutName == right.withoutName
  }

  // MARK: Distances

  /// What a path offers when nothing else uses it.
  private struct Way: Hashable, Comparable {
    let latencyPicoseconds: Int64
    let bytesPerSecond: Double

    init(_ route: [LinkID], _ topology: Topology) {
      let links = route.map { topology.links[Int($0)] }
      latencyPicoseconds = links.reduce(0) { $0 + $1.latencyPicoseconds }
      bytesPerSecond = links.map(\.bytesPerSecond).min() ?? .infinity
    }

    /// Short ways first, wide ones before narrow ones.
    static func < (left: Way, right: Way) -> Bool {
      left.latencyPicoseconds == right.latencyPicoseconds
        ? left.bytesPerSecond > right.bytesPerSecond : left.latencyPicoseconds < right.latencyPicoseconds
    }
  }

  private func distances(from seed: Int) -> [Way] {
    speeds.indices.map { Way(topology.route(from: seed, to: $0), topology) }
  }

  private static func ways(from rank: Int, in topology: Topology) -> [Way] {
    let others = (0..<topology.hostCount).filter { $0 != rank }
    guard topology.hostCount <= comparedDeviceLimit else {
      let own = topology.route(from: rank, to: others[0]).prefix(1)
      return [Way(Array(own), topology)]
    }
    return others.map { Way(topology.route(from: rank, to: $0), topology) }.sorted()
  }
}

extension ClusterDevice {
  /// What decides how it computes.
  fileprivate var withoutName: ClusterDevice {
    var device = self
    device.name = ""
    return device
  }
}

extension TopologyDescription {
  /// Whether a device's place in the network goes by its name alone, whatever its place in the list.
  fileprivate var isKeyedByName: Bool {
    switch self {
    case .singleSwitch, .sharedMedium, .fullMesh, .graph: true
    default: false
    }
  }

  /// Whether devices whose own links are equal may change places.
  package var isSymmetric: Bool {
    switch self {
    case .singleSwitch, .sharedMedium, .fullMesh: true
    default: false
    }
  }
}

/// Whether a name comes before another one when numbers in them count as numbers: `phone-2` before `phone-10`.
func naturallyPrecedes(_ left: String, _ right: String) -> Bool {
  let (first, second) = (pieces(of: left), pieces(of: right))
  for (own, other) in zip(first, second) where own != other {
    if let number = Int(own), let otherNumber = Int(other), number != otherNumber { return number < otherNumber }
    return own < other
  }
  return first.count == second.count ? left < right : first.count < second.count
}

/// A name cut where digits begin and end.
private func pieces(of name: String) -> [String] {
  var pieces: [String] = []
  for character in name {
    let isDigit = ("0"..."9").contains(character)
    if let last = pieces.last?.last, ("0"..."9").contains(last) == isDigit {
      pieces[pieces.count - 1].append(character)
    } else {
      pieces.append(String(character))
    }
  }
  return pieces
}
