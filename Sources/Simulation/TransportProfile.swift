import Hosts
import Network

/// What a real communication library adds to the bare network and to hosts that only compute.
///
/// Profiles are data: shipped (``ideal``, ``glooTCP``, ``nccl``) or measured by calibration.
///
///     var profile = TransportProfile(name: "zero-copy")
///     profile.wire.headerBytes = 64
///     profile.host.send.picosecondsPerMessage = 2_000_000
public struct TransportProfile: Hashable, Sendable {
  /// What reports call it.
  public var name: String
  /// What it puts on the links.
  public var wire = WireModel()
  /// What its work costs hosts.
  public var host = HostModel()

  /// A profile that adds nothing; set what it does add.
  public init(name: String) { self.name = name }

  /// Nothing but latency, bandwidth and sharing.
  public static let ideal = TransportProfile(name: "ideal")

  /// Gloo over TCP on Ethernet.
  ///
  /// 1448 bytes of payload travel in a frame of 1514 bytes (RFC 894, RFC 9293 with timestamps, MTU 1500). Each payload
  /// waits for its receiver's clear-to-send (gloo/transport/tcp/pair.cc, `sendNotifyRecvReady`). Gloo between network
  /// namespaces of one two-core x86-64 machine took 90 to 120 us for a small message, that included; half is charged to each
  /// end. Processors differ: calibrate for figures that matter.
  public static let glooTCP: TransportProfile = {
    var profile = TransportProfile(name: "gloo-tcp")
    profile.host.send.picosecondsPerMessage = 50_000_000
    profile.host.receive.picosecondsPerMessage = 50_000_000
    profile.wire.rendezvousThresholdBytes = 0
    profile.wire.clearToSendBytes = 66 + 32
    profile.wire.factor = PiecewiseLinear(constant: 1514.0 / 1448.0)
    return profile
  }()

  /// NCCL: its latencies belong to algorithms and protocols and come with the collective's plan.
  public static let nccl = TransportProfile(name: "nccl")

  /// The profiles that need no calibration.
  public static let shipped = [ideal, glooTCP, nccl]
}
