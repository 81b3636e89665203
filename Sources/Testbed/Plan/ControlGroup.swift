/// A control group that limits how much of the processor its members get in each period.
public struct ControlGroup: Hashable, Codable, Sendable {
  /// The two forms in which kernels offer control groups.
  public enum Version: String, Codable, Sendable {
    case first
    case second
  }

  /// Its folder.
  public let path: String
  /// The kernel's form of it.
  public let version: Version
  /// Cores' worth of processor time: 0.5 is half of one.
  public let cores: Double

  /// The file whose members are the group's.
  public var members: String { "\(path)/cgroup.procs" }

  /// Files of the folder and what is written to them.
  public var settings: [(file: String, text: String)] {
    switch version {
    case .first:
      [("cpu.cfs_period_us", "\(periodMicroseconds)"), ("cpu.cfs_quota_us", "\(quotaMicroseconds)")]
    case .second:
      [("cpu.max", "\(quotaMicroseconds) \(periodMicroseconds)")]
    }
  }

  /// A short period, so that a host is slow and not now fast, now absent. A quota is at least 1 ms.
  static func periodMicroseconds(cores: Double) -> Int { max(10_000, Int((1000 / cores).rounded(.up))) }

  private var periodMicroseconds: Int { Self.periodMicroseconds(cores: cores) }
  private var quotaMicroseconds: Int { max(1000, Int((Double(periodMicroseconds) * cores).rounded())) }
}
