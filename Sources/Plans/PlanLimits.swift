import Documents
import Predictions
import Quantities
import Uniference

/// What a plan has to keep within, beside the devices' memory.
public struct PlanLimits: Sendable {
  /// A metric's worst allowed value.
  public struct Bound: Hashable, Sendable {
    /// What is limited.
    public let metric: Metric
    /// The most of a metric of which less is better, else the least.
    public let value: Double

    /// How far a value is beyond the limit, as a share of it; 0 within it.
    func excess(_ actual: Double?) -> Double {
      guard let actual else { return metric.direction == .higherIsBetter ? 0 : .infinity }
      switch metric.direction {
      case .lowerIsBetter: return actual <= value ? 0 : value > 0 ? actual / value - 1 : .infinity
      case .higherIsBetter: return actual >= value ? 0 : actual > 0 ? value / actual - 1 : .infinity
      }
    }
  }

  /// Those on metrics.
  public internal(set) var bounds: [Bound] = []
  /// The most devices.
  public internal(set) var devices: Int?
  /// The most power, in watts, that the devices take together while all of them compute.
  public internal(set) var power: Power?

  init() {}

  /// How far a prediction is beyond the limit that it misses by most, which is that one; 0 within all.
  func excess(_ value: (Metric) -> Double?) -> (share: Double, of: Bound?) {
    bounds.map { ($0.excess(value($0.metric)), $0) }.max { $0.0 < $1.0 } ?? (0, nil)
  }

  /// Whether a cluster's devices are few enough, and take little enough power.
  func allow(_ cluster: Cluster) -> Bool {
    (devices.map { cluster.devices.count <= $0 } ?? true)
      && (power.map { cluster.busyPower.watts <= $0.watts } ?? true)
  }
}

extension PlanLimits {
  /// Reads `limits`.
  init(_ value: DocumentValue, metrics: [Metric]) throws(DocumentError) {
    let allowed = metrics.map(\.name) + ["devices", "power"]
    for entry in try value.entries(of: "limits such as {time_to_first_token: 2 s, devices: 3}") {
      switch entry.name {
      case "devices": devices = try entry.value.integer(in: 1...Cluster.maximumDeviceCount)
      case "power": power = try entry.value.quantity(Power.self, .positive)
      default:
        guard let metric = Metric.named(entry.name, among: metrics) else {
          throw DocumentError(
            entry.nameOrigin, field: entry.value.field, unknownNameMessage("limit", entry.name, allowed: allowed))
        }
        bounds.append(Bound(metric: metric, value: try entry.value.amount(in: metric.unit)))
      }
    }
  }
}

extension DocumentValue {
  /// An amount in a metric's unit.
  fileprivate func amount(in unit: Metric.Unit) throws(DocumentError) -> Double {
    switch unit {
    case .seconds: return try quantity(Duration.self, .positive) / .seconds(1)
    case .joules: return try quantity(Energy.self, .positive).joules
    case .bytes: return Double(try quantity(DataSize.self, .notNegative).bytes)
    case .fraction: return try ratio(.notNegative)
    case .count, .perSecond:
      let text = try text("a number")
      guard let number = Double(text), number.isFinite, number >= 0 else {
        throw error("expected a number of at least 0, found \(shown)")
      }
      return number
    }
  }
}

extension Cluster {
  /// Of all devices while they compute.
  var busyPower: Power { Power(watts: devices.reduce(0) { $0 + $1.specification.busyPower.value.watts }) }
}
