import Dispatch
import Predictions
import SimulationKernel
import Synchronization
import Uniference

/// Predicts all cases of a ledger, several at a time: each simulation uses one core.
public struct LedgerRunner {
  private let collection: CaseCollection
  private let intervals: ResidualTable?
  private let executable: String?

  /// - Parameters:
  ///   - intervals: of which the points' intervals are made.
  ///   - executable: the path of `uniference`, which runs cases of scripts.
  public init(_ collection: CaseCollection, intervals: ResidualTable?, executable: String? = nil) {
    self.executable = executable
    self.collection = collection
    self.intervals = intervals
  }

  /// - Parameters:
  ///   - interruption: by which anybody may end the runs.
  ///   - progress: called after each case, from any thread, with the share of the work that is done and the case's id.
  /// - Throws: `RunFailure` when the runs have been interrupted.
  public func run(
    interruption: Interruption = Interruption(), progress: @escaping @Sendable (_ share: Double, _ id: String) -> Void
  ) throws -> PublishedLedger {
    let (cases, executable) = (collection.cases, executable)
    let total = cases.reduce(0) { $0 + $1.expectedWork }
    let state = Mutex(State(predictions: Array(repeating: nil, count: cases.count)))
    // The longest first, so that no core is left with one at the end.
    let order = cases.indices.sorted { cases[$0].expectedWork > cases[$1].expectedWork }
    DispatchQueue.concurrentPerform(iterations: order.count) { position in
      let index = order[position]
      guard state.withLock({ $0.failure == nil }) else { return }
      let result = Result { try CasePrediction(cases[index], executable: executable, interruption: interruption) }
      let done = state.withLock { state in
        switch result {
        case .success(let prediction): state.predictions[index] = prediction
        case .failure(let failure): state.failure = state.failure ?? failure
        }
        state.work += cases[index].expectedWork
        return state.work
      }
      progress(done / total, cases[index].id)
    }
    let (predictions, failure) = state.withLock { ($0.predictions, $0.failure) }
    if let failure { throw failure }
    let points = zip(cases, predictions).flatMap { published, prediction in
      prediction.map { prediction in
        published.measured.map { LedgerPoint(published, $0, prediction, intervals: intervals) }
      } ?? []
    }
    return PublishedLedger(points, leftOut: collection.leftOut)
  }

  private struct State {
    var predictions: [CasePrediction?]
    var failure: (any Error)?
    var work = 0.0
  }
}

extension PublishedCase {
  /// What of a script takes about as long as its processes do to start and to run.
  private static let workOfScript = 10_000.0

  /// How long its simulation takes beside those of others, roughly: passes over layers times devices.
  fileprivate var expectedWork: Double {
    let devices = Double(cluster.devices.count)
    if case .script = subject { return Self.workOfScript * devices }
    if case .serving(let benchmark) = subject { return benchmark.expectedWork }
    guard case .scenario(let scenario) = subject, let generation = scenario.workload as? TextGeneration else {
      return devices
    }
    return devices * Double(generation.shape.generatedTokenCount * generation.model.layerCount)
  }
}

extension ServingBenchmark {
  /// Tokens that are generated.
  fileprivate var expectedWork: Double {
    guard let task = scenario.workload as? ServingTask else { return 1 }
    let output: Double =
      switch task.load.output {
      case .fixed(let length): Double(length)
      case .uniform(let range): Double(range.lowerBound + range.upperBound) / 2
      case .lognormal(let median, _): median
      case .trace: 1.0
      }
    return Double(task.load.requestCount) * output
  }
}
