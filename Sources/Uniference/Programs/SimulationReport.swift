import Quantities

/// What a simulation has found.
public struct SimulationReport: Codable, Sendable {
  /// One device's part.
  public struct Device: Codable, Sendable {
    /// The device's name in the cluster.
    public let name: String
    /// Time spent computing.
    public let busy_s: Double
    /// The most memory in use at any time.
    public let peak_memory_bytes: Int
    /// What the device has for tensors.
    public let usable_memory_bytes: Int?
    /// What that memory held, largest first; `nil` where tensors are not accounted for, as those of scripts.
    public let peak_memory: [MemoryUse]?
    /// Payload bytes sent.
    public let sent_bytes: Int
    /// Payload bytes received.
    public let received_bytes: Int
    /// Energy from the beginning to the end, in joules.
    public let energy_j: Double
    /// Floating-point operations computed.
    public let flops: Double
    /// The phases of the rank's program, in order; `nil` where it has none.
    public let phases: [Phase]?
  }

  /// Tensors of one kind.
  public struct MemoryUse: Codable, Hashable, Sendable {
    /// What they are: `attention weights`.
    public let label: String
    /// How many there are.
    public let count: Int
    /// Bytes of all of them.
    public let bytes: Int
  }

  /// What crossed one link.
  public struct LinkUse: Codable, Hashable, Sendable {
    /// How many links are kept.
    public static let limit = 32

    /// The link, with the names of devices: `jetson-0->switch`.
    public let name: String
    /// Bytes on the wire, without those of messages that have not arrived.
    public let bytes: Double
    /// What the link could carry in a second at the end.
    public let bytes_per_second: Double
    /// The bytes in terms of what the link could have carried over the whole run.
    public let share_of_capacity: Double
  }

  /// A part of a rank's program that it has named.
  public struct Phase: Codable, Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Virtual time at which it began.
    public let start_s: Double
    /// Virtual time at which it ended.
    public let end_s: Double
    /// Time spent computing in it.
    public let busy_s: Double
  }

  /// Virtual time at which the last rank ended.
  public let total_s: Double
  /// All devices, in rank order.
  public let devices: [Device]
  /// The links that were used most in terms of what they could carry, at most ``LinkUse/limit``, the busiest first.
  public let links: [LinkUse]?
  /// How many links carried anything.
  public let used_links: Int?
  /// Messages between ranks.
  public let messages: Int
  /// Payload bytes sent by all ranks.
  public let bytes_sent: Int
  /// Energy used by all devices from the beginning to the end.
  public let energy_j: Double
  /// Events that the engine has processed.
  public let events: Int
  /// SHA-256 of the event log, as lowercase hexadecimal digits.
  public let event_log_sha256: String
  /// Events in the log.
  public let event_log_count: Int
  /// Where compute time, and with it energy, comes from.
  public let compute: ComputeBasis?
  /// Where the run record is; `nil` where there is none, and in the record itself.
  public internal(set) var record: String?

  /// The share of the time that all devices together spent computing.
  public var busyFraction: Double {
    guard total_s > 0, !devices.isEmpty else { return 0 }
    return devices.reduce(0) { $0 + $1.busy_s } / (total_s * Double(devices.count))
  }
}

extension SimulationReport: CustomStringConvertible {
  /// The main figures in one line.
  public var description: String {
    let total = Duration.picoseconds(Picoseconds.nearest(seconds: total_s)).shortDescription
    return """
      \(devices.count) ranks, \(total) of virtual time, \(messages) messages, \
      \(DataSize(bytes: bytes_sent)) sent, devices busy \(formatNumber(busyFraction * 100, significantDigits: 3))%, \
      \(Energy(joules: energy_j))
      """
  }
}
