import Foundation
import Reports
import Results

/// How far a command is that takes minutes: a bar where standard error is a terminal, and elsewhere a line for each thing
/// that it goes on to, so that a log shows it, too.
final class LongProgress {
  private let title: String
  private let printer: ProgressPrinter
  private let start = ContinuousClock.now
  private let writesLines = isatty(STDERR_FILENO) != 1
  private var lastDetail = ""

  init(title: String) {
    self.title = title
    printer = ProgressPrinter(title: title)
  }

  /// - Parameters:
  ///   - share: of the work that is done.
  ///   - secondsLeft: how long the rest will take, where that is known better than by the share.
  ///   - detail: what is being done.
  func update(share: Double, secondsLeft: Double?, detail: String) {
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    // The share at which what is left of the time is what is said to be left.
    let fraction = secondsLeft.map { elapsed / max(elapsed + $0, .leastNormalMagnitude) } ?? share
    printer.update(fraction: fraction, detail: detail)
    guard writesLines, detail != lastDetail else { return }
    lastDetail = detail
    let left = secondsLeft.map { ", about \(Self.words($0)) left" } ?? ""
    StandardError.say("\(title): \(detail)\(left)")
  }

  func finish() { printer.finish() }

  private static func words(_ seconds: Double) -> String {
    seconds < 90 ? "\(Int(seconds.rounded(.up))) s" : "\(Int((seconds / 60).rounded(.up))) min"
  }
}
