import Quantities

/// A transport whose parameters were fitted to measurements on this machine.
public struct CalibratedTransport: Hashable, Sendable {
  /// Path of its file.
  public let path: String
  /// Latency of a link in the testbed where it was measured.
  public let latency: Duration

  /// A transport and the latency that was fitted together with it.
  public init(path: String, latency: Duration) {
    self.path = path
    self.latency = latency
  }
}
