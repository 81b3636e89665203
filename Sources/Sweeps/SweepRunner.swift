import ChildPrograms
import Foundation
import Synchronization

/// What came of one point.
struct PointResult: Sendable {
  /// Columns and their values; none where the point failed.
  var metrics: [(name: String, value: SweepRow.Value)] = []
  /// Why it failed.
  var error: String?
  /// How long its prediction took here.
  var seconds = 0.0
}

/// Predicts a sweep's points, each in a process of its own, several at the same time.
public struct SweepRunner: Sendable {
  private let points: [SweepPoint]
  private let subject: Sweep.Subject
  private let name: String
  private let database: SweepDatabase
  /// The program that predicts: this one.
  private let program: String

  /// How far a run is.
  public struct Progress: Sendable {
    /// Points that have ended in this run.
    public let ended: Int
    /// Points of this run.
    public let total: Int
    /// Points that failed in this run.
    public let failed: Int
  }

  /// - Parameters:
  ///   - points: of the sweep's plan.
  ///   - name: what rows call the sweep.
  ///   - program: the path of `uniference`.
  public init(
    _ points: [SweepPoint], of sweep: Sweep, named name: String, into database: SweepDatabase, program: String
  ) {
    self.points = points
    subject = sweep.subject
    self.name = name
    self.database = database
    self.program = program
  }

  /// Predicts every point that the database does not have.
  ///
  /// - Parameters:
  ///   - jobs: how many at the same time.
  ///   - retriesFailed: whether points that the database has with an error are predicted again.
  ///   - isInterrupted: whether no further point is to begin; asked before each.
  ///   - progress: told whenever a point has ended.
  /// - Returns: what was done.
  /// - Throws: ``SweepDatabaseError`` as soon as a row cannot be written. Points under way then end, and their rows are
  ///   lost.
  public func run(
    jobs: Int, retriesFailed: Bool = false, isInterrupted: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Progress) -> Void
  ) throws(SweepDatabaseError) -> Progress {
    let known = try database.endedKeys(of: name, withFailed: !retriesFailed)
    let points = points.filter { !known.contains($0.key) }
    let state = Mutex(State())
    progress(Progress(ended: 0, total: points.count, failed: 0))
    let work = { @Sendable in
      while !isInterrupted(), let index = state.withLock({ $0.next(of: points.count) }) {
        let result = predict(points[index])
        do throws(SweepDatabaseError) {
          try database.write(points[index], of: name, scenario: subject.path, result)
          progress(state.withLock { $0.note(result, of: points.count) })
        } catch {
          state.withLock { $0.failure = $0.failure ?? error }
        }
      }
    }
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, points.count))) { _ in work() }
    let end = state.withLock { $0 }
    if let failure = end.failure { throw failure }
    return Progress(ended: end.ended, total: points.count, failed: end.failed)
  }

  private struct State {
    var begun = 0
    var ended = 0
    var failed = 0
    var failure: SweepDatabaseError?

    mutating func next(of count: Int) -> Int? {
      guard failure == nil, begun < count else { return nil }
      defer { begun += 1 }
      return begun
    }

    mutating func note(_ result: PointResult, of count: Int) -> Progress {
      ended += 1
      if result.error != nil { failed += 1 }
      return Progress(ended: ended, total: count, failed: failed)
    }
  }

  private func predict(_ point: SweepPoint) -> PointResult {
    var result = PointResult()
    let start = ContinuousClock.now
    do throws(ChildFailure) {
      let text = try ChildProgram([program] + point.arguments(of: subject)).output()
      if let metrics = PredictedMetrics(json: text) {
        result.metrics = metrics.columns
      } else {
        result.error = "\(point.arguments(of: subject)[0]) --json has printed no JSON object"
      }
    } catch {
      result.error = error.complaint.replacing("uniference: error: ", with: "", maxReplacements: 1)
    }
    result.seconds = (ContinuousClock.now - start) / .seconds(1)
    return result
  }
}
