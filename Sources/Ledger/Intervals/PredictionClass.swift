import Models
import Predictions
import Uniference

/// Figures of which equally good predictions can be expected: the kind of hardware, the quantity, and whether devices
/// communicate.
public struct PredictionClass: Codable, Hashable, Sendable {
  /// What a figure is the time or the rate of.
  public enum Quantity: String, CaseIterable, Codable, Hashable, Sendable {
    /// A pass over a prompt, or over what an encoder is given.
    case prompt
    /// Generating tokens, their prompt included.
    case generation
    /// One collective.
    case collective
    /// A step of training.
    case training
  }

  /// How many devices take part.
  public enum DeviceCount: String, CaseIterable, Codable, Hashable, Sendable {
    case one, several
  }

  /// The kind of the devices.
  public let hardware: HardwareKind
  /// What is predicted.
  public let quantity: Quantity
  /// How many devices take part.
  public let devices: DeviceCount

  /// See the properties.
  public init(hardware: HardwareKind, quantity: Quantity, devices: DeviceCount) {
    self.hardware = hardware
    self.quantity = quantity
    self.devices = devices
  }

  /// The class of a scenario's figure; `nil` where there is none: for devices that are not of one kind of the catalogue,
  /// and for metrics that are neither times nor rates.
  ///
  /// - Parameter names: of the devices that play the strategy's parts.
  public init?(_ metric: Metric, of workload: any Workload, on cluster: Cluster, devices names: [String]) {
    let names = Set(names)
    // Nothing published is held against predictions of serving.
    guard !(workload is ServingTask), let quantity = Self.quantity(metric, of: workload),
      let hardware = HardwareKind(of: cluster.devices.filter { names.contains($0.name) })
    else { return nil }
    self.init(hardware: hardware, quantity: quantity, devices: names.count == 1 ? .one : .several)
  }

  /// The class of a collective's time.
  public init?(_ benchmark: CollectiveBenchmark) {
    guard let hardware = HardwareKind(of: benchmark.cluster.devices.prefix(benchmark.rankCount)) else { return nil }
    self.init(hardware: hardware, quantity: .collective, devices: .several)
  }

  /// The class of a script's figures, which are those of training.
  public init?(_ benchmark: ScriptBenchmark) {
    guard let hardware = HardwareKind(of: benchmark.cluster.devices.prefix(benchmark.rankCount)) else { return nil }
    self.init(hardware: hardware, quantity: .training, devices: benchmark.rankCount == 1 ? .one : .several)
  }

  private static func quantity(_ metric: Metric, of workload: any Workload) -> Quantity? {
    switch metric {
    case .timeToFirstToken, .promptRate, .latency, .embeddingsPerSecond: .prompt
    case .tokensPerSecond, .totalTime, .outputRate:
      // A single token comes of the pass over the prompt.
      (workload as? TextGeneration)?.shape.generatedTokenCount == 1 ? .prompt : .generation
    default: nil
    }
  }
}

extension PredictionClass: CustomStringConvertible {
  /// `generation on several devices, datacentre GPU`.
  public var description: String { "\(onAnyHardware), \(hardware.rawValue)" }

  /// `generation on several devices`.
  var onAnyHardware: String { "\(quantity.rawValue) on \(devices == .one ? "one device" : "several devices")" }
}
