import Foundation
import Results
import Synchronization

/// Shows a ``ProgressBar`` on standard error while work goes on, when that is a terminal; else it shows nothing.
///
/// May be updated from any thread, as often as is handy: most updates cost a clock reading.
public final class ProgressPrinter: Sendable {
  private let bar: Mutex<ProgressBar?>
  private let start = ContinuousClock.now

  /// - Parameter title: what is being done.
  public init(title: String) {
    let isShown = isatty(STDERR_FILENO) == 1
    bar = Mutex(isShown ? ProgressBar(title: title, columns: terminalWidth(of: STDERR_FILENO) ?? 80) : nil)
  }

  /// Redraws the line, unless it was drawn just now.
  ///
  /// - Parameters:
  ///   - fraction: share of the work that is done, 0...1.
  ///   - detail: a word on what is going on.
  public func update(fraction: Double, detail: String = "") {
    let elapsed = ContinuousClock.now - start
    bar.withLock { bar in write(bar?.update(fraction: fraction, detail: detail, elapsed: elapsed)) }
  }

  /// Removes the line, so that results are printed on a clean one.
  public func finish() {
    bar.withLock { bar in write(bar?.clear()) }
  }

  private func write(_ text: String?) {
    // A terminal that went away must not end the run whose progress it showed.
    if let text { StandardError.say(text, terminator: "") }
  }
}

/// Columns of the terminal behind a file descriptor; `nil` when it is none or does not say.
public func terminalWidth(of descriptor: Int32) -> Int? {
  var size = winsize()
  guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
  return Int(size.ws_col)
}
