import Testing

@testable import UniferenceCommand

@Suite struct ProgressBarTests {
  private let erase = "\r\u{1B}[2K"

  @Test("the line shows share and remaining time")
  func theLineShowsShareAndRemainingTime() {
    var bar = ProgressBar(title: "tensor")
    #expect(bar.update(fraction: 0, elapsed: .zero) == erase + "tensor ░░░░░░░░░░░░░░░░░░░░░░░░   0%")
    #expect(
      bar.update(fraction: 0.25, detail: "prefill", elapsed: .seconds(10))
        == erase + "tensor ██████░░░░░░░░░░░░░░░░░░  25%  0:30 left  prefill")
    #expect(
      bar.update(fraction: 0.5, elapsed: .seconds(4000))
        == erase + "tensor ████████████░░░░░░░░░░░░  50%  1:06:40 left")
    #expect(bar.update(fraction: 1, elapsed: .seconds(8000)) == erase + "tensor ████████████████████████ 100%")
    #expect(bar.clear() == erase)
  }

  @Test("it is drawn at most ten times a second and only when it changes")
  func itIsDrawnAtMostTenTimesASecondAndOnlyWhenItChanges() {
    var bar = ProgressBar(title: "t")
    #expect(bar.update(fraction: 0, elapsed: .zero) != nil)
    #expect(bar.update(fraction: 0.5, elapsed: .milliseconds(99)) == nil)
    #expect(bar.update(fraction: 0.5, elapsed: .milliseconds(100)) != nil)
    #expect(bar.update(fraction: 1, elapsed: .milliseconds(300)) != nil)
    #expect(bar.update(fraction: 1, elapsed: .milliseconds(500)) == nil)
  }

  @Test("a line never drawn needs no clearing")
  func aLineNeverDrawnNeedsNoClearing() {
    var bar = ProgressBar(title: "t")
    #expect(bar.clear() == nil)
    _ = bar.update(fraction: 0, elapsed: .zero)
    #expect(bar.clear() == erase)
    #expect(bar.clear() == nil)
    #expect(bar.update(fraction: 0, elapsed: .zero) != nil)
  }

  @Test("a share that is none counts as nothing", arguments: [-1, Double.nan, -Double.infinity])
  func aShareThatIsNoneCountsAsNothing(fraction: Double) {
    var bar = ProgressBar(title: "t")
    #expect(bar.update(fraction: fraction, elapsed: .zero)?.hasSuffix("  0%") == true)
  }

  @Test("the line stays within the terminal")
  func theLineStaysWithinTheTerminal() {
    var bar = ProgressBar(title: "t", columns: 12)
    #expect(bar.update(fraction: 0.5, elapsed: .zero) == erase + "t █████████")
  }
}
