import Quantities

/// A link that becomes another during the run.
public struct LinkChange: Hashable, Sendable {
  /// What happens to the link.
  public enum Effect: Hashable, Sendable {
    /// It has this bandwidth from then on.
    case bandwidth(Bandwidth)
    /// It carries nothing until the given time, or for good; messages on it stand still. Then it has the bandwidth it
    /// had before.
    case outage(until: Duration?)
  }

  /// The link's name in the topology: `host0->switch`.
  public var link: String
  /// When it changes.
  public var time: Duration
  /// What happens to it.
  public var effect: Effect

  /// See the properties.
  public init(link: String, at time: Duration, _ effect: Effect) {
    self.link = link
    self.time = time
    self.effect = effect
  }
}

/// A device that stops working during the run.
public struct DeviceFailure: Hashable, Sendable {
  /// The device's position in its cluster: its rank.
  public var device: Int
  /// When it stops.
  public var time: Duration

  /// See the properties.
  public init(device: Int, at time: Duration) {
    self.device = device
    self.time = time
  }
}
