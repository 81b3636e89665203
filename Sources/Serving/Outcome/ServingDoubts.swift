import Quantities
import SimulationKernel

/// What makes the figures of a served load doubtful.
struct ServingDoubts {
  /// A sentence each.
  private(set) var sentences: [String] = []

  /// - Parameter records: of requests that count, in the order of arrival.
  init(_ records: [RequestRecord], load: RequestLoad, refused: (count: Int, reason: String?)) {
    if refused.count > 0, let reason = refused.reason {
      sentences.append("\(refused.count) requests are refused; \(reason).")
    }
    guard records.count >= 4 else {
      sentences.append("The run is too short to be in steady state: \(records.count) requests count.")
      return
    }
    if let overload = Self.overload(records, load) {
      sentences.append(overload)
    } else if let drift = Self.drift(records) {
      sentences.append(drift)
    }
  }

  /// Requests arrive faster than they are served: those that arrive later wait longer, and the rate at which they are served
  /// stays behind.
  private static func overload(_ records: [RequestRecord], _ load: RequestLoad) -> String? {
    if case .closedLoop = load.arrivals { return nil }
    guard records.count >= 40, let first = records.first?.arrival, let last = records.last?.arrival, last > first else {
      return nil
    }
    let quarter = records.count / 4
    let waits = (0..<4).map { part in
      mean(records[part * quarter..<(part + 1) * quarter].compactMap(\.queueing))
    }
    let served = records.count { ($0.end ?? .distantFuture) <= last }
    let span = first.duration(to: last).inSeconds
    let isGrowing = (1..<4).allSatisfy { waits[$0] > waits[$0 - 1] }
    // A queue that grows by a part of all time that passes.
    guard isGrowing, waits[3] > 0.05 * span, Double(served) < 0.95 * Double(records.count) else { return nil }
    let (arriving, leaving) = (Double(records.count) / span, Double(served) / span)
    return """
      Requests arrive faster than they can be served: \(formatNumber(arriving, significantDigits: 3)) in a second, \
      \(formatNumber(leaving, significantDigits: 3)) are served. The queue grows for as long as they come, so that \
      latencies say how long the run is; use more replicas or a lower rate.
      """
  }

  /// The two halves of a run differ by more than chance would have them.
  private static func drift(_ records: [RequestRecord]) -> String? {
    let latencies = records.compactMap(\.latency)
    let half = latencies.count / 2
    let (early, late) = (Array(latencies[..<half]), Array(latencies[half...]))
    guard let earlyError = Distribution.error(of: early), let lateError = Distribution.error(of: late) else {
      return """
        The run is too short to tell whether it is in steady state: \(latencies.count) requests count, \
        \(4 * Distribution.batchCount) are needed.
        """
    }
    let (before, after) = (mean(early), mean(late))
    // Each error is 1.7 standard errors.
    let chance = 2 * (earlyError * earlyError + lateError * lateError).squareRoot()
    guard abs(after - before) > max(chance, 0.02 * before) else { return nil }
    return """
      The run is too short to be in steady state: the mean latency of its first half is \
      \(Duration.nearest(seconds: before).shortDescription), of its second half \
      \(Duration.nearest(seconds: after).shortDescription). Use more requests, or a warm_up.
      """
  }

  private static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}

extension ServingObjective {
  /// What keeps an objective from being met by any request, if anything does, or that too few meet it.
  func warnings(_ records: [RequestRecord]) -> [String] {
    guard !records.isEmpty else { return [] }
    let limits: [(String, Double?, Double?)] = [
      ("time_to_first_token", timeToFirstToken, records.compactMap(\.timeToFirstToken).min()),
      ("time_per_output_token", timePerOutputToken, records.compactMap(\.timePerOutputToken).min()),
      ("latency", latency, records.compactMap(\.latency).min()),
    ]
    var sentences: [String] = []
    for (name, limit, best) in limits {
      guard let limit, let best, best > limit else { continue }
      sentences.append(
        "No request meets the objective \(name) = \(Duration.nearest(seconds: limit).shortDescription): "
          + "the best has \(Duration.nearest(seconds: best).shortDescription).")
    }
    if sentences.isEmpty, !records.contains(where: isMet) { sentences.append("No request meets all of the objective.") }
    return sentences
  }
}
