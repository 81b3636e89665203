import Foundation

/// How far a rank has come that may go on and has said nothing since, as far as can be seen from outside.
struct RankProgress {
  /// What is known of a stretch of computing that has not been reported yet.
  struct Estimate {
    /// What will be reported at least, in nanoseconds of this machine.
    var computedNanoseconds: Int64 = 0
    /// How long the rank has waited for something outside the simulation, which takes that long for its part.
    var waited = Duration.zero
  }

  /// For so long nothing of a rank may run before it is taken to wait.
  private static let patience = Duration.milliseconds(100)
  /// Between two looks at a process.
  private static let pause = Duration.milliseconds(15)
  /// A rank is taken to wait, whatever its process does otherwise, when its main thread has not run for so long.
  private static let longestSilence = Duration.seconds(10)
  /// Where the time of computing comes from a model, so that a run depends on no clock of this machine, it is taken to wait
  /// when it has sent nothing for so long: a loop that only looks for a file, say. Imports and compilations send nothing
  /// either, but are shorter than this even on a busy machine.
  private static let longestModelledSilence = Duration.seconds(60)
  /// By so much a rank may report less than its processor time: what the clock subtracts as its own.
  private static let marginNanoseconds: Int64 = 1_000_000

  /// What a look at the rank has shown.
  private struct Look {
    let time: ContinuousClock.Instant
    let process: ProcessActivity
    let mainThread: ProcessActivity
    /// With all that the process has started; only looked at once the process itself waits.
    var family: ProcessActivity?
  }

  private let pid: Int32
  private let clockPath: String?
  private var clock: RankClockFile?
  private var start = ContinuousClock.now
  private var latest: Look?
  private var idleSince: ContinuousClock.Instant?
  private var idleTime = Duration.zero
  /// How long the main thread has not run, whatever else has.
  private var mainThreadIdleTime = Duration.zero

  /// - Parameter clockPath: the file in which the rank shows its clock while it computes, if its computing is measured.
  init(pid: Int32, clockPath: String? = nil) {
    self.pid = pid
    self.clockPath = clockPath
  }

  /// A stretch of computing begins.
  mutating func begin() {
    start = .now
    latest = nil
    idleSince = nil
    idleTime = .zero
    mainThreadIdleTime = .zero
  }

  /// How long nothing of the rank's process has run, not counting what it has started.
  var idle: Duration { idleSince.map { ContinuousClock.now - $0 } ?? .zero }

  /// Looks at the rank.
  mutating func estimate() -> Estimate {
    lookAtProcess()
    guard let clockPath else {
      return Estimate(waited: max(.zero, ContinuousClock.now - start - Self.longestModelledSilence))
    }
    if clock == nil { clock = RankClockFile(path: clockPath) }
    guard let clock, let used = ProcessActivity.mainThreadNanoseconds(of: pid) else {
      return Estimate(waited: max(idleTime, ContinuousClock.now - start - Self.longestSilence))
    }
    var estimate = Estimate(waited: max(idleTime, mainThreadIdleTime - Self.longestSilence))
    if let computed = clock.computedNanoseconds(at: used) {
      estimate.computedNanoseconds = max(0, computed - Self.marginNanoseconds)
    }
    return estimate
  }

  private mutating func lookAtProcess() {
    let now = ContinuousClock.now
    guard now - (latest?.time ?? start) > Self.pause else { return }
    let former = latest
    latest = ProcessActivity(of: pid).flatMap { process in
      ProcessActivity(ofMainThread: pid).map { Look(time: now, process: process, mainThread: $0) }
    }
    if let former, let latest, latest.mainThread.isIdle(since: former.mainThread) {
      mainThreadIdleTime += now - former.time
    }
    guard let former, let process = latest?.process, process.isIdle(since: former.process) else {
      idleSince = nil
      return
    }
    let begin = idleSince ?? former.time
    idleSince = begin
    guard now - begin > Self.patience else { return }
    // What the rank has started may work for it.
    let family = ProcessActivity.includingChildren(of: pid)
    latest?.family = family
    if let family, let before = former.family, family.isIdle(since: before) { idleTime += now - former.time }
  }
}

/// What a rank shows of its clock while it computes: the file `NUMBER-clock` of the session's folder.
private final class RankClockFile {
  private let descriptor: Int32

  /// - Returns: `nil` where there is no such file.
  init?(path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// What the rank has computed since its latest frame, when its main thread has used the processor for so long in all;
  /// `nil` while it is not the script that runs.
  func computedNanoseconds(at used: Int64) -> Int64? {
    var start: Int64 = -1
    let count = withUnsafeMutableBytes(of: &start) { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == MemoryLayout<Int64>.size else { return nil }
    let base = Int64(littleEndian: start)
    return base < 0 ? nil : max(0, used - base)
  }
}
