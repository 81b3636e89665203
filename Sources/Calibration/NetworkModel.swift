import Network
import Uniference

/// A network as it is being fitted: what lies between two ranks, and what the library adds to it.
struct NetworkModel: Sendable {
  /// Bytes per second of each rank's link.
  var bytesPerSecond = 125e6
  /// Seconds from rank to rank, over both of their links.
  var latency = 20e-6
  /// Bytes that pass at once after a link has rested.
  var burstBytes = 0.0
  /// Whether both directions have the whole rate.
  var isFullDuplex = true
  var profile = TransportProfile.glooTCP
  /// Bytes on the wire for each of payload, at ``NetworkParameter/wireSizes``.
  var wireFactors = NetworkParameter.wireSizes.map { _ in 1514.0 / 1448.0 } {
    didSet { profile.wireFactor = Self.wireFactor(wireFactors) }
  }

  private static func wireFactor(_ factors: [Double]) -> PiecewiseLinear {
    let points = zip(NetworkParameter.wireSizes, factors).map { PiecewiseLinear.Point(x: Double($0), y: $1) }
    // The sizes rise, so there is nothing to complain of.
    return (try? PiecewiseLinear(points: points)) ?? PiecewiseLinear(constant: factors[0])
  }

  /// Ranks on a switch, whose computing takes no time.
  func cluster(ranks: Int) -> Cluster {
    let link = Link(bytesPerSecond: bytesPerSecond, latency: .seconds(latency / 2), burstBytes: burstBytes)
    let devices = (0..<ranks).map { ClusterDevice(name: "host\($0)", .cpuServer, compute: .instant) }
    return Cluster(
      devices: devices,
      network: ClusterNetwork(
        topology: .singleSwitch(link: link, isFullDuplex: isFullDuplex), transport: profile, collectives: .gloo))
  }
}
