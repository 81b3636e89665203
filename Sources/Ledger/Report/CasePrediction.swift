import Models
import Predictions
import SimulationKernel
import Synchronization
import Uniference

/// What is predicted of a case.
struct CasePrediction: Sendable {
  /// What each metric comes to.
  var values: [Metric: Double] = [:]
  /// What kind of prediction each one is.
  var classes: [Metric: PredictionClass] = [:]
  /// Why there are no values.
  var reason: String?

  /// Runs the case. A run that fails is a prediction without values; only an interruption is an error.
  ///
  /// - Parameter executable: the path of `uniference`, which runs scripts; `nil` where there is none.
  init(_ published: PublishedCase, executable: String?, interruption: Interruption) throws {
    do {
      switch published.subject {
      case .scenario(let scenario): try predict(scenario, interruption)
      case .collective(let benchmark): try predict(benchmark, interruption)
      case .script(let benchmark): try predict(benchmark, executable)
      case .serving(let benchmark): try predict(benchmark, interruption)
      }
    } catch let failure as RunFailure where failure.isInterruption {
      throw failure
    } catch {
      reason = "\(error)"
    }
  }

  /// As `simulate` does: the best one of the scenario's strategies counts.
  private mutating func predict(_ scenario: Scenario, _ interruption: Interruption) throws {
    var settings = RunSettings()
    settings.writesRecords = false
    settings.interruption = interruption
    let comparison = try ScenarioRunner(scenario: scenario, settings: settings).run(scenario.strategiesToTry)
    guard let prediction = comparison.winner else {
      reason = comparison.predictions.first?.reason ?? "no strategy fits in memory"
      return
    }
    for value in prediction.metrics {
      values[value.metric] = value.value
      classes[value.metric] = PredictionClass(
        value.metric, of: scenario.workload, on: scenario.cluster, devices: prediction.runs_on)
    }
  }

  private mutating func predict(_ benchmark: ServingBenchmark, _ interruption: Interruption) throws {
    var settings = RunSettings()
    settings.writesRecords = false
    settings.interruption = interruption
    let scenario = benchmark.scenario
    let comparison = try ScenarioRunner(scenario: scenario, settings: settings).run(scenario.strategiesToTry)
    guard let served = comparison.winner?.output as? ServedRequests, !served.requests.isEmpty else {
      reason = comparison.predictions.first?.reason ?? "no request was served"
      return
    }
    values = benchmark.figures(of: served.requests)
  }

  private mutating func predict(_ benchmark: CollectiveBenchmark, _ interruption: Interruption) throws {
    var options = SimulationOptions()
    options.interruption = interruption
    options.usesMemoisedTiming = true
    values[.collectiveTime] = try benchmark.time(options: options)
    classes[.collectiveTime] = PredictionClass(benchmark)
  }

  /// Each rank of a script is a process, so one script runs at a time.
  private static let turn = Mutex(())

  private mutating func predict(_ benchmark: ScriptBenchmark, _ executable: String?) throws {
    guard let executable else {
      reason = "scripts are run by the program itself: uniference validate published"
      return
    }
    let figures = try Self.turn.withLock { _ in try benchmark.figures(executable: executable) }
    for (metric, value) in figures {
      values[metric] = value
      classes[metric] = PredictionClass(benchmark)
    }
  }
}
