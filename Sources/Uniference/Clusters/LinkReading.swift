import Documents
import Network
import Quantities
import SimulationKernel

/// The figures of a link, as far as a document gives them.
struct LinkReading {
  static let fieldNames = ["bandwidth", "latency", "jitter", "loss", "burst", "packet"]

  private let mapping: DocumentValue
  private var bandwidth: Bandwidth?
  private var latency: Duration?
  private var jitter: Duration?
  private var loss: Double?
  private var burst: DataSize?
  private var packet: DataSize?

  init(_ value: DocumentValue) throws(DocumentError) {
    try self.init(DocumentFields(value, of: "a link's fields", allowed: Self.fieldNames))
  }

  init(_ fields: DocumentFields) throws(DocumentError) {
    mapping = fields.mapping
    bandwidth = try fields["bandwidth"]?.quantity(Bandwidth.self, FieldLimits.bandwidth)
    latency = try fields["latency"]?.quantity(Duration.self, FieldLimits.shortTime)
    jitter = try fields["jitter"]?.quantity(Duration.self, FieldLimits.shortTime)
    if let value = fields["loss"] {
      let loss = try value.ratio(.fraction)
      guard loss < 1 else { throw value.error("\(value.shown) is not allowed: a link that loses all is none") }
      self.loss = loss
    }
    burst = try fields["burst"]?.quantity(DataSize.self, FieldLimits.size)
    packet = try fields["packet"]?.quantity(DataSize.self, FieldLimits.size)
  }

  /// The link; figures that are left out are those of `other`, where it has them, or zero.
  func link(otherwise other: LinkReading? = nil) throws(DocumentError) -> Link {
    guard let bandwidth = bandwidth ?? other?.bandwidth else {
      throw DocumentError(
        mapping.origin, field: mapping.path(to: "bandwidth"), "is missing; write for example bandwidth: 1 Gbps")
    }
    return Link(
      bandwidth: bandwidth, latency: latency ?? other?.latency ?? .zero, jitter: jitter ?? other?.jitter ?? .zero,
      loss: loss ?? other?.loss ?? 0, burstBytes: Double((burst ?? other?.burst)?.bytes ?? 0),
      packetBytes: Double((packet ?? other?.packet)?.bytes ?? 0))
  }

  /// The link that has these figures, and those of `other` where they are left out.
  func link(replacing other: Link) -> Link {
    Link(
      bytesPerSecond: bandwidth?.bytesPerSecond ?? other.bytesPerSecond,
      latency: latency ?? .picoseconds(other.latencyPicoseconds),
      jitter: jitter ?? .picoseconds(other.jitterPicoseconds), loss: loss ?? other.loss,
      burstBytes: burst.map { Double($0.bytes) } ?? other.burstBytes,
      packetBytes: packet.map { Double($0.bytes) } ?? other.packetBytes)
  }
}
