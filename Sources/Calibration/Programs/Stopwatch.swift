import Synchronization
import Uniference

/// Takes down what ranks measure by their own virtual clocks.
final class Stopwatch: Sendable {
  private let samples = Mutex<[Int: Double]>([:])

  /// The last of a rank's times counts: the ones before it were to warm up.
  func record(_ duration: Duration, rank: Int) {
    samples.withLock { $0[rank] = duration.inSeconds }
  }

  /// The longest of the ranks' times.
  var seconds: Double { samples.withLock { $0.values.max() ?? .nan } }
}
