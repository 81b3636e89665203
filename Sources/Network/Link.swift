import Quantities
import SimulationKernel

/// One direction of a cable, or a medium that several share.
public struct Link: Hashable, Sendable {
  /// Bytes per second shared by all flows that cross the link.
  public var bytesPerSecond: Double
  /// Time that the first byte of a message takes, in picoseconds.
  public var latencyPicoseconds: Int64
  /// The most by which a message's latency varies, in picoseconds: each message draws an extra delay evenly from zero to
  /// this, from the run's seed.
  public var jitterPicoseconds: Int64
  /// Probability that a packet of 1500 bytes is lost and sent again.
  public var loss: Double
  /// Bytes that may pass at once after the link has been idle, where it is shaped by a token bucket; zero for a wire.
  public var burstBytes: Double
  /// Bytes of the packets in which a shaped link lets messages pass, of which the last may overdraw the bucket; zero where
  /// bytes pass one by one.
  public var packetBytes: Double

  /// What TCP sends back for each packet, with Ethernet's and IP's headers. It answers every second frame, and frames that
  /// came as one burst as one (RFC 5681, section 4.2).
  var acknowledgementBytes: Double { packetBytes > 0 ? 66 * min(1, packetBytes / (2 * 1514)) : 0 }

  /// Messages that are smaller go first where links let whole packets pass.
  public static let smallBytes = 128.0

  /// A link given in bytes per second. Duration figures are rounded to whole picoseconds.
  public init(
    bytesPerSecond: Double, latency: Duration, jitter: Duration = .zero, loss: Double = 0,
    burstBytes: Double = 0, packetBytes: Double = 0
  ) {
    self.bytesPerSecond = bytesPerSecond
    latencyPicoseconds = latency.picoseconds
    jitterPicoseconds = jitter.picoseconds
    self.loss = loss
    self.burstBytes = burstBytes
    self.packetBytes = packetBytes
  }

  /// A link given by a bandwidth with its unit.
  public init(
    bandwidth: Bandwidth, latency: Duration, jitter: Duration = .zero, loss: Double = 0,
    burstBytes: Double = 0, packetBytes: Double = 0
  ) {
    self.init(
      bytesPerSecond: bandwidth.bytesPerSecond, latency: latency, jitter: jitter, loss: loss, burstBytes: burstBytes,
      packetBytes: packetBytes)
  }

  /// - Throws: ``NetworkError`` when the link has no bandwidth, a negative latency, or loses all.
  func check(_ name: () -> String) throws(NetworkError) {
    guard bytesPerSecond > 0, bytesPerSecond.isFinite else {
      throw .notPositive(figure: "bandwidth", link: name(), value: bytesPerSecond)
    }
    guard latencyPicoseconds >= 0, jitterPicoseconds >= 0 else {
      throw .shape("latency and jitter of link \(name()) must not be negative")
    }
    guard (0..<1).contains(loss) else {
      throw .shape("loss of link \(name()) is \(loss); it must be at least 0 and below 1")
    }
  }

  /// The same link with its bandwidth multiplied.
  public func scaled(by factor: Double) -> Link {
    var link = self
    link.bytesPerSecond *= factor
    return link
  }
}

/// The position of a link in its topology.
public typealias LinkID = Int32
