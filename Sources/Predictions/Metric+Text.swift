import Quantities

extension Metric.Unit {
  /// A value as tables show it.
  public func text(of value: Double) -> String {
    switch self {
    case .seconds: Duration.nearest(seconds: value).shortDescription
    case .bytes: DataSize(bytes: Int(value.rounded())).description
    case .joules: Energy(joules: value).description
    case .fraction: "\(formatNumber(value * 100, significantDigits: 3))%"
    case .count, .perSecond: formatNumber(value, significantDigits: 3)
    }
  }
}
