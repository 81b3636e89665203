import Models
import Quantities
import Tensors
import Uniference

/// What a model is asked to do: what a scenario predicts.
///
/// A workload names the strategies that suit it, makes the program that the devices run, and names the metrics that come
/// of it. Experiments, comparisons and tables know nothing else of it, so that a new kind of workload is a new conforming
/// type.
public protocol Workload: Sendable {
  /// What is asked for, in words: `128 prompt tokens, 128 generated, batch 1`.
  var summary: String { get }
  /// What records call the program.
  var programName: String { get }
  /// What it measures. Every key of ``WorkloadRun/values(_:on:)`` is one of them.
  var metrics: [Metric] { get }
  /// Those that tables show, in order; where a table is too wide, the last ones are left out, but not the first two.
  var columns: [Metric] { get }
  /// Those by which a prediction is better than another one, the most important first.
  var ranking: [Metric] { get }
  /// The strategies worth trying on a cluster of so many devices.
  func candidates(deviceCount: Int) -> [ParallelStrategy]
  /// How many devices a strategy needs here.
  func deviceCount(_ strategy: ParallelStrategy) -> Int
  /// The passes of a device that has the whole workload to itself.
  var passes: [ModelPass] { get }
  /// The type that it computes with.
  var elementType: ElementType { get }
  /// The same workload without parameters and inputs: a run of shapes.
  var withoutValues: Self { get }
  /// What a run with values needs and is not there, for `values need ...`; `nil` where everything is.
  var missingForValues: String? { get }
  /// What keeps the cluster's devices from doing it at all; `nil` where nothing does.
  func obstacle(on cluster: Cluster) -> String?
  /// Makes the program for one simulation.
  ///
  /// - Parameter speeds: relative speed of each device, by rank.
  /// - Throws: what keeps the strategy from suiting the model, the workload or the number of devices.
  func makeRun(_ strategy: ParallelStrategy, speeds: [Double]) throws -> any WorkloadRun
  /// Which strategy wins and why, in a sentence or two for people.
  ///
  /// - Parameter fitting: predictions of all strategies that fit, the winner's among them.
  func verdict(winner: Prediction, among fitting: [Prediction]) -> String
}

extension Workload {
  /// Nothing.
  public func obstacle(on cluster: Cluster) -> String? { nil }

  /// The strategy's own.
  public func deviceCount(_ strategy: ParallelStrategy) -> Int { strategy.deviceCount }
}

/// The program of one simulation of a workload, and what it found.
public protocol WorkloadRun: Sendable {
  /// Runs the part of one of the strategy's devices.
  func run(in context: ModelContext, on rank: Rank) async throws
  /// The values of the workload's metrics, once every device has ended. Those that are not defined are left out.
  ///
  /// - Parameter ranks: the strategy's devices.
  func values(_ report: SimulationReport, on ranks: [Int]) -> [Metric: Double]
  /// What was computed; `nil` without values.
  var output: (any WorkloadOutput)? { get }
}

/// What a workload computed in a run with values. Its fields are encoded among those of the prediction.
public protocol WorkloadOutput: Encodable, Sendable {
  /// The outputs of several strategies for people.
  static func presentation(of outputs: [(strategy: String, output: Self)]) -> OutputPresentation
}

/// What runs with values have found, for people.
public struct OutputPresentation: Sendable {
  /// Figures in rows and columns.
  public struct Matrix: Sendable {
    /// What the figures are.
    public var title: String
    /// The columns' names.
    public var columns: [String]
    /// The rows with their names.
    public var rows: [(name: String, cells: [String])]
  }

  /// Texts that the model wrote.
  public var quotations: [String] = []
  /// What the model computed of its inputs.
  public var matrix: Matrix?
  /// What follows, a sentence each.
  public var remarks: [String] = []
}

extension SimulationReport {
  /// The metrics that every workload has.
  func commonValues(on ranks: [Int]) -> [Metric: Double] {
    var values: [Metric: Double] = [
      .bytesSent: Double(bytes_sent), .messages: Double(messages), .energy: energy_j,
    ]
    if total_s > 0 {
      values[.busyFraction] = ranks.reduce(0) { $0 + devices[$1].busy_s } / (total_s * Double(ranks.count))
    }
    return values
  }
}
