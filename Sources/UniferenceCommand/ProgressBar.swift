import Reports

/// The text of a progress bar on one terminal line, as a function of how far the work is and how long it has taken.
///
/// A pure state machine: ``update(fraction:detail:elapsed:)`` says what to write, ``ProgressPrinter`` writes it.
struct ProgressBar: Sendable {
  /// Columns of the bar itself.
  static let barWidth = 24
  /// Two drawings are at least this far apart, for a terminal redrawn more often flickers.
  static let interval = Duration.milliseconds(100)
  /// What makes a terminal's line empty.
  static let removal = "\r\u{1B}[2K"
  /// Estimates that rest on less than this share of the work are not shown.
  static let leastEstimatedFraction = 0.01

  private let title: String
  private let columns: Int
  private var lastDrawn: Duration?
  private var lastText = ""

  /// - Parameters:
  ///   - title: what is being done, such as `tensor parallel`.
  ///   - columns: the terminal's width; the line is cut to one less, for a full line may wrap.
  init(title: String, columns: Int = 80) {
    self.title = title
    self.columns = columns
  }

  /// What to write for this state of the work, or `nil` when the line need not change.
  ///
  /// - Parameters:
  ///   - fraction: share of the work that is done, clamped to 0...1.
  ///   - detail: a word on what is going on, shown at the end.
  ///   - elapsed: time since the work began.
  mutating func update(fraction: Double, detail: String = "", elapsed: Duration) -> String? {
    if let lastDrawn, elapsed - lastDrawn < ProgressBar.interval { return nil }
    lastDrawn = elapsed
    let text = line(fraction: fraction, detail: detail, elapsed: elapsed)
    guard text != lastText else { return nil }
    lastText = text
    return Self.removal + text
  }

  /// What to write in the end: it removes the line, if there is one.
  mutating func clear() -> String? {
    guard !lastText.isEmpty else { return nil }
    lastText = ""
    lastDrawn = nil
    return Self.removal
  }

  private func line(fraction: Double, detail: String, elapsed: Duration) -> String {
    let fraction = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    let filled = Int(fraction * Double(ProgressBar.barWidth))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: ProgressBar.barWidth - filled)
    let percentage = "\(Int(fraction * 100))%"
    var text = "\(title) \(bar) \(String(repeating: " ", count: 4 - percentage.count))\(percentage)"
    if fraction >= ProgressBar.leastEstimatedFraction, fraction < 1 {
      text += "  \(clockText(elapsed / fraction - elapsed)) left"
    }
    if !detail.isEmpty { text += "  \(detail)" }
    while displayWidth(text) >= columns, !text.isEmpty { text.removeLast() }
    return text
  }

  /// `0:07`, `12:30` or `3:04:05`, rounded up to whole seconds.
  private func clockText(_ duration: Duration) -> String {
    let (whole, fraction) = duration.components
    let seconds = whole + (fraction > 0 ? 1 : 0)
    let two = { (value: Int64) in value < 10 ? "0\(value)" : "\(value)" }
    let minutes = seconds / 60 % 60
    return seconds >= 3600
      ? "\(seconds / 3600):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
  }
}
