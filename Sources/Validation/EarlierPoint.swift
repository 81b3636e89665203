/// A point of an earlier report, maybe of another machine: what was measured, whatever was predicted there.
public struct EarlierPoint: Decodable, Hashable, Sendable {
  let family: String
  let name: String
  let bytes: Int?
  let measured_s: Double
  let spread: Double
  let repetition_spread: Double?
}

extension ValidationPoint {
  /// A point that was measured earlier, and what is predicted for it now.
  init(_ earlier: EarlierPoint, predicted: Double) {
    family = earlier.family
    name = earlier.name
    bytes = earlier.bytes
    measured_s = earlier.measured_s
    spread = earlier.spread
    repetition_spread = earlier.repetition_spread
    predicted_s = predicted
    accuracy = 1 - abs(predicted - earlier.measured_s) / earlier.measured_s
  }
}

extension ValidationRunner {
  /// Predicts runs and holds that against what was measured of them earlier. Nothing is measured but the compute time of
  /// scripts that compute.
  ///
  /// - Parameters:
  ///   - runs: of ``runs(of:)``.
  ///   - earlier: points of an earlier report; those that the runs do not have are left out, and so the other way round.
  ///   - progress: is told what comes next, before each run.
  /// - Throws: ``ValidationFailure`` with the command that failed and its last words.
  public func predict(
    _ runs: [ValidationRun], against earlier: [EarlierPoint], progress: (ValidationStep) -> Void
  ) throws(ValidationFailure) -> [ValidationPoint] {
    var points: [ValidationPoint] = []
    for (index, run) in runs.enumerated() {
      progress(
        ValidationStep(
          run: index, runCount: runs.count, share: Double(index) / Double(runs.count), secondsLeft: nil,
          description: "\(run.family), \(run.testbedDescription)"))
      for point in try predictions(of: run) {
        let match = earlier.first {
          $0.family == run.family && $0.name == "\(point.point), \(run.testbedDescription)" && $0.bytes == point.bytes
        }
        if let match { points.append(ValidationPoint(match, predicted: point.median)) }
      }
    }
    return points
  }
}
