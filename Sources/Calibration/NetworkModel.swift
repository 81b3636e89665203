import Network
import Quantities
import Simulation
import Uniference

/// A network as it is being fitted: what lies between two ranks, and what the library adds to it.
struct NetworkModel: Sendable {
  /// Bytes per second of each rank's link.
  var bytesPerSecond = 125e6
  /// Seconds from rank to rank, over both of their links.
  var latency = 20e-6
  /// Bytes that pass at once after a link has rested.
  var burstBytes = 0.0
  /// In packets of how many bytes; zero for one by one.
  var packetBytes = 0.0
  /// Whether both directions have the whole rate.
  var isFullDuplex = true
  var profile = Self.start
  /// Bytes on the wire for each of payload, at ``NetworkParameter/wireSizes``.
  var wireFactors = NetworkParameter.wireSizes.map { _ in 1514.0 / 1448.0 } {
    didSet { profile.wire.factor = Self.wireFactor(wireFactors) }
  }

  /// What is not fitted. Computing of 200 microseconds is assumed to empty caches. Rests of less than 120 microseconds are
  /// assumed to be polled through: on a virtual machine with Linux's haltpoll, messages after 90 came at once, and those
  /// after 150 did not. Sends are assumed to end when 750 kB are left: blocking ones of 1 to 16 MB at 100 Mbps did, and at
  /// 1 Gbps the socket's buffer has grown to 3 MB.
  ///
  /// Bytes that gloo adds were read off the wire (torch 2.13): 48 of header before a payload, and 48 that announce it, which
  /// like a receiver's clear-to-send have 66 of Ethernet, IP and TCP around them.
  private static let start: TransportProfile = {
    var profile = TransportProfile.glooTCP
    profile.host.cStateExit.afterPicoseconds = 120_000_000
    profile.wire.sendBufferBytes = 750_000
    profile.wire.headerBytes = 48 + 48 + 66
    profile.wire.clearToSendBytes = 48 + 66
    profile.host.coldCache.afterPicoseconds = 200_000_000
    return profile
  }()

  private static func wireFactor(_ factors: [Double]) -> PiecewiseLinear {
    let points = zip(NetworkParameter.wireSizes, factors).map { PiecewiseLinear.Point(x: Double($0), y: $1) }
    // The sizes rise, so there is nothing to complain of.
    return (try? PiecewiseLinear(points: points)) ?? PiecewiseLinear(constant: factors[0])
  }

  /// Ranks on a switch, whose computing takes no time.
  func cluster(ranks: Int) -> Cluster {
    let link = Link(
      bytesPerSecond: bytesPerSecond, latency: .nearest(seconds: latency / 2), burstBytes: burstBytes,
      packetBytes: packetBytes)
    let devices = (0..<ranks).map { ClusterDevice(name: "host\($0)", .cpuServer, compute: .instant) }
    return Cluster(
      devices: devices,
      network: ClusterNetwork(
        topology: .singleSwitch(link: link, isFullDuplex: isFullDuplex), transport: profile, collectives: .gloo))
  }
}
