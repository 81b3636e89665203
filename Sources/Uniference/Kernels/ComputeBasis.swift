import Quantities
import Reports
import Results

/// Where a run's compute time comes from: what a reader has to know of every figure that rests on it.
public struct ComputeBasis: Codable, Hashable, Sendable {
  /// The three sources.
  public enum Source: String, Codable, Sendable {
    /// What was computed was timed on this machine, and stretched by each device's speed.
    case measured
    /// The same, in an earlier run.
    case recorded
    /// The costs of the operations and the device's figures.
    case roofline
  }

  /// Devices of one speed.
  public struct Speed: Codable, Hashable, Sendable {
    /// How fast they compute in terms of the machine that measured: its time divided by this is theirs.
    public let speed: Double
    /// Their names, in rank order.
    public let devices: [String]
  }

  /// Where compute time comes from.
  public let source: Source
  /// The processor that it was measured on; `nil` where nothing was measured or an old record does not say.
  public let processor: String?
  /// Which kind of processor that is.
  public let processorKind: ProcessorKind?
  /// The record that it was taken from.
  public let record: String?
  /// At which speed it was used; empty where nothing was measured.
  public let speeds: [Speed]
  /// What makes the figures doubtful, each in a sentence or two.
  public let warnings: [String]

  private enum CodingKeys: String, CodingKey {
    case source, processor, record, speeds, warnings
    case processorKind = "processor_kind"
  }

  /// What was measured here, for the devices of a cluster.
  ///
  /// - Parameters:
  ///   - processor: this machine's processor.
  ///   - kind: which kind it is.
  public static func measured(
    on cluster: Cluster, processor: String = MachineDescription.processor,
    kind: ProcessorKind = MachineDescription.processorKind
  ) -> ComputeBasis {
    ComputeBasis(
      source: .measured, processor: processor, processorKind: kind, record: nil, speeds: speeds(of: cluster.devices),
      warnings: warnings(for: cluster.devices, measuredOn: kind, processor))
  }

  /// What an earlier run measured.
  ///
  /// - Parameter former: what its record says of its compute time, if it does.
  public static func recorded(in record: String, _ former: RunCompute?, on cluster: Cluster) -> ComputeBasis {
    let kind = former?.processorKind.flatMap { ProcessorKind(rawValue: $0) }
    return ComputeBasis(
      source: .recorded, processor: former?.processor, processorKind: kind, record: record,
      speeds: speeds(of: cluster.devices),
      warnings: kind.map { warnings(for: cluster.devices, measuredOn: $0, former?.processor) } ?? [])
  }

  /// The figures of the devices themselves.
  public static let roofline = ComputeBasis(
    source: .roofline, processor: nil, processorKind: nil, record: nil, speeds: [], warnings: [])

  /// What a record keeps of it, so that whoever uses its times knows where they are from.
  public var inputs: RunCompute {
    RunCompute(
      source: source.rawValue, processor: processor, processorKind: processorKind?.rawValue, record: record)
  }

  /// A part of a sentence about compute time: `measured here, on AMD EPYC 7B13, at speed 1`.
  public var description: String {
    switch source {
    case .measured: "measured here, on \(processor ?? "this machine"), \(speedDescription)"
    case .recorded:
      "as recorded in \(record ?? "an earlier run")\(processor.map { ", measured on \($0)" } ?? ""), \(speedDescription)"
    case .roofline: "from the devices' figures (roofline)"
    }
  }

  /// What the energy of the run rests on, in a sentence.
  public var energyDescription: String {
    let sum = "Energy is each device's idle and busy power over the run and its network energy for each byte"
    return source == .roofline ? "\(sum)." : "\(sum); how long it was busy is the compute time \(description)."
  }

  private var speedDescription: String {
    switch speeds.count {
    case 0: "at an unknown speed"
    case 1: "at speed \(number(speeds[0].speed))"
    case 2...4:
      "at speed "
        + speeds.map { "\(number($0.speed)) (\($0.devices.abbreviated(to: 3)))" }.joined(separator: ", ")
    default: "at speeds from \(number(speeds[speeds.count - 1].speed)) to \(number(speeds[0].speed))"
    }
  }

  private func number(_ value: Double) -> String { formatNumber(value, significantDigits: 4) }

  /// Fast devices first.
  private static func speeds(of devices: [ClusterDevice]) -> [Speed] {
    Dictionary(grouping: devices, by: \.sustainedSpeed)
      .map { Speed(speed: $0.key, devices: $0.value.map(\.name)) }
      .sorted { $0.speed > $1.speed }
  }

  /// One for each kind of device that what was measured does not tell the times of. Who has given a small board a speed
  /// in terms of this machine has compared the two; a GPU is not faster at everything by one factor.
  private static func warnings(
    for devices: [ClusterDevice], measuredOn kind: ProcessorKind, _ processor: String?
  ) -> [String] {
    let others = devices.filter { device in
      let own = device.specification.processor
      return own != kind && (own == .gpu || device.hasNormalSpeed)
    }
    var names: [String: [String]] = [:]
    for device in others { names[device.specification.displayName, default: []].append(device.name) }
    let kinds = Dictionary(
      others.map { ($0.specification.displayName, $0.specification.processor) }, uniquingKeysWith: { own, _ in own })
    return kinds.sorted { $0.key < $1.key }.map { displayName, own in
      """
      \(displayName) computes on \(own.withArticle) (\((names[displayName] ?? []).abbreviated(to: 3))), but compute time was \
      measured on \(kind.withArticle)\(processor.map { ", \($0)" } ?? ""). Add --compute roofline to take it from the \
      device's figures\(own == .gpu ? "" : ", or give the device's speed in terms of this machine").
      """
    }
  }
}

extension ClusterDevice {
  /// Whether it computes as fast as its figures say, so that nobody has compared it with another machine.
  fileprivate var hasNormalSpeed: Bool { speed.scale == 1 && hasConstantSpeed }
}
