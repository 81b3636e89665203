import Foundation
import Reports
import Results
import Synchronization

/// Shows a ``ProgressBar`` on standard error while work goes on, when that is a terminal; else it shows nothing.
///
/// May be updated from any thread, as often as is handy: most updates cost a clock reading.
final class ProgressPrinter: Sendable {
  private let bar: Mutex<ProgressBar?>
  private let start = ContinuousClock.now

  /// - Parameter title: what is being done.
  init(title: String) {
    let isShown = isatty(STDERR_FILENO) == 1
    bar = Mutex(isShown ? ProgressBar(title: title, columns: terminalWidth(of: STDERR_FILENO) ?? 80) : nil)
  }

  /// Redraws the line, unless it was drawn just now.
  ///
  /// - Parameters:
  ///   - fraction: share of the work that is done, 0...1.
  ///   - detail: a word on what is going on.
  func update(fraction: Double, detail: String = "") {
    let elapsed = ContinuousClock.now - start
    bar.withLock { bar in write(bar?.update(fraction: fraction, detail: detail, elapsed: elapsed)) }
  }

  /// Removes the line, so that results are printed on a clean one.
  func finish() {
    bar.withLock { bar in write(bar?.clear()) }
  }

  private func write(_ text: String?) {
    // A terminal that went away must not end the run whose progress it showed.
    if let text { StandardError.say(text, terminator: "") }
  }
}
