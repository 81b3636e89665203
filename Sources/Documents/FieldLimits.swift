import Quantities

/// The values that fields of documents may have, as `Documentation/cluster-files.md` states them. Fields of devices have
/// theirs in `DeviceField.bounds`; times in a run reach to the end of virtual time, as all durations do.
///
/// They are wide, for figures of hardware that is yet to come, and narrow enough that figures which belong together can be
/// multiplied. What still takes too long, a gigabyte at a bit in a second, ends the run with a line that says so.
package enum FieldLimits {
  /// What a link carries.
  package static let bandwidth = Bandwidth.bounds(from: "1 bps", to: "1000 TB/s")
  /// A latency, or a library's time for each message, call or copy.
  package static let shortTime = Duration.bounds(from: "0 s", to: "1 h")
  /// Of a sender's buffer, of a threshold, of what a link lets pass at once.
  package static let size = DataSize.bounds(from: "0 B", to: "1 TB")
  /// Of what a message has beside its payload.
  package static let header = DataSize.bounds(from: "0 B", to: "1 GB")
  /// The time of a byte where it is given as a duration.
  package static let timePerByte = Duration.bounds(from: "0 s", to: "1 s")
  /// The time of a byte where it is given as a rate.
  package static let rateOfBytes = Bandwidth.bounds(from: "1 B/s", to: "1000000 TB/s")
  /// A factor on sizes, bandwidths or speeds.
  package static let factor = Ratio.bounds(from: "0.000001", to: "1000000")
  /// A part of a whole.
  package static let share = Ratio.bounds(from: "0.000001", to: "1")
}
