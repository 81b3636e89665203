import Uniference

/// A recorded run that can be made again on changed clusters, to find what its resources cost.
public protocol RepeatableRun: Sendable {
  /// The cluster that it was on.
  var cluster: Cluster { get }
  /// The devices that had a part in it.
  var ranks: [Int] { get }
  /// The times that resources cost something of, the most important first, as they were.
  var times: [ResourceAttribution.Time] { get }
  /// The same times on another cluster, in seconds. May be called from several threads at once.
  ///
  /// - Throws: what ends the run there.
  func times(on cluster: Cluster) throws -> [Double]
}
