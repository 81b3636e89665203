/// When a host's communication library makes progress while the host's rank computes.
///
/// A library's threads need a core. With one to spare they have it at once; on a host of one core they wait for the rank,
/// or until the operating system's scheduler preempts it. (Hoefler and Lumsdaine, "Message Progression in Parallel
/// Computing - To Thread or not to Thread?", Cluster 2008.)
public enum ProgressModel: Hashable, Sendable {
  /// At any time, whatever the rank does: MPI's asynchronous progress.
  case strong
  /// Only while the rank waits.
  case weak
  /// While the rank waits, and at the latest after so many picoseconds, more than none.
  case delayed(picoseconds: Int64)

  /// Progress after at most so many picoseconds: ``strong`` where that is none.
  public init(afterPicoseconds picoseconds: Int64) {
    self = picoseconds > 0 ? .delayed(picoseconds: picoseconds) : .strong
  }
}
