import Predictions
import Uniference

/// The prediction of a scenario's first strategy, as `uniference simulate` makes it, from reading the file to the result.
struct Prediction {
  let scenario: String
  /// Whether collectives that have the network to themselves are played message by message all the same.
  var playsEveryMessage = false

  func measure() throws -> Measurement {
    var ranks = 0
    var report: Predictions.Prediction?
    var options = SimulationOptions()
    options.usesMemoisedTiming = !playsEveryMessage
    let wall = try ContinuousClock().measure {
      let scenario = try Scenario(contentsOf: scenario)
      ranks = scenario.cluster.devices.count
      report = try Experiment(
        modelName: scenario.name, workload: scenario.workload.withoutValues, strategy: scenario.strategiesToTry[0],
        cluster: scenario.cluster
      ).predict(options: options)
    }
    return Measurement(
      ranks: ranks, messages: Int(report?[.messages] ?? 0), events: nil, flows_solved: nil,
      simulated_s: report?[.totalTime] ?? 0, wall_s: wall.inSeconds, peak_rss_bytes: RingBenchmark.peakResidentBytes())
  }
}
