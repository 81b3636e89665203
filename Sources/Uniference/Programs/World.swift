import Models
import Network
import Reports
import Results
import Simulation
import SimulationKernel

/// Where programs run.
///
///     let report = try World.simulate(cluster) { rank in
///       let partial = try Tensor(uninitialized: [1024], elementType: .float32, on: rank.device, label: "partial")
///       let sum = try await rank.world.allReduce(partial)
///     }
public enum World {
  /// Runs a program on every device of a cluster that need not exist.
  ///
  /// - Throws: ``RunFailure`` when the program fails, deadlocks, awaits what is not simulated, or is interrupted; what is
  ///   wrong with the cluster; what keeps the record from being written.
  @discardableResult
  public static func simulate(
    _ cluster: Cluster, options: SimulationOptions = SimulationOptions(),
    _ body: @escaping @Sendable (Rank) async throws -> Void
  ) throws -> SimulationReport {
    try simulate(ClosureProgram(body: body), on: cluster, options: options)
  }

  /// Runs a program on every device of a cluster that need not exist.
  @discardableResult
  public static func simulate(
    _ program: some Program, on cluster: Cluster, options: SimulationOptions = SimulationOptions()
  ) throws -> SimulationReport {
    let recorder = try RunRecorder(cluster: cluster, options: options)
    let run = try SimulatedRun(program, on: cluster, options: options, recorder: recorder)
    do {
      try run.world.run()
    } catch {
      let report = try? run.report(log: recorder.log)
      let record = try recorder.finish(failure: error, results: report, counters: run.linkCounters)
      throw RunFailure(error, recordPath: record, report: report, reason: options.interruption.reason)
    }
    var report = try run.report(log: recorder.log)
    report.record = try recorder.finish(failure: nil, results: report, counters: run.linkCounters)
    run.warn(by: options.warning)
    return report
  }
}

/// A run that ended before every rank had finished its program.
public struct RunFailure: Error, CustomStringConvertible {
  /// What ended the run.
  public let cause: SimulationFailure
  /// The record of what had happened until then, if one was asked for.
  public let recordPath: String?
  /// What the run had found until then, if that can be told.
  public let report: SimulationReport?

  private let reason: Interruption.Reason?

  init(_ cause: SimulationFailure, recordPath: String?, report: SimulationReport?, reason: Interruption.Reason?) {
    self.cause = cause
    self.recordPath = recordPath
    self.report = report
    self.reason = reason
  }

  /// Whether somebody asked for the end.
  public var isInterruption: Bool { interruption != nil }

  /// Why somebody asked for the end, if anybody did.
  package var interruption: Interruption.Reason? {
    if case .interrupted = cause { return reason ?? .request }
    return nil
  }

  /// Whether something would end after virtual time does: what the cluster or the workload says is wrong by far.
  public var isTimeExceeded: Bool {
    if case .timeExceeded = cause { return true }
    return false
  }

  /// The error that a rank's program threw, if one ended the run.
  public var programError: (any Error)? {
    if case .processFailed(let failure) = cause { return failure.error }
    return nil
  }

  /// The out-of-memory error that ended the run, if one did.
  public var outOfMemory: OutOfMemory? { programError as? OutOfMemory }

  /// The cause, and where the record is.
  public var description: String {
    let place = recordPath.map { "; a valid record of what happened until then is in \($0)" } ?? ""
    return "\(whatHappened)\(place)"
  }

  /// The cause in words.
  package var whatHappened: String {
    guard case .interrupted(let time) = cause, let reason else { return "\(cause)" }
    return "\(reason) at virtual time \(time)"
  }
}
