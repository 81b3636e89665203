import Devices
import Quantities

extension RuntimeFigures {
  /// One figure as listings show it.
  public struct Entry: Codable, Hashable, Sendable {
    /// Its field in documents: `gemv_bandwidth.16_bit`.
    public let field: String
    /// Its value as documents write it.
    public let value: String
    /// Where it is from.
    public let source: String

    init<Value>(_ field: String, _ figure: Figure<Value>, _ text: (Value) -> String) {
      self.field = field
      value = text(figure.value)
      source = figure.source.description
    }
  }

  /// All figures that there are, in the order of documents.
  public var entries: [Entry] {
    func time(_ field: String, _ figure: Figure<Duration>?) -> [Entry] {
      figure.map { [Entry(field, $0, \.shortDescription)] } ?? []
    }
    func share(_ field: String, _ figure: Figure<Ratio>?) -> [Entry] {
      figure.map { [Entry(field, $0) { "\(formatNumber($0.value * 100, significantDigits: 4))%" }] } ?? []
    }
    func word(_ field: String, _ figure: Figure<Bool>?) -> [Entry] {
      figure.map { [Entry(field, $0) { "\($0)" }] } ?? []
    }
    let counts = hostOperations.sorted { $0.key.rawValue < $1.key.rawValue }
    let widths = matrixVector.sorted { $0.key.rawValue > $1.key.rawValue }
    let types = matrixMatrix.sorted { $0.key.rawValue < $1.key.rawValue }
    var entries = time("host_per_operation", hostPerOperation) + time("host_per_step", hostPerStep)
    entries += time("host_per_request", hostPerRequest) + time("host_per_sequence", hostPerSequence)
    entries += time("request_latency", requestLatency) + time("request_interval", requestInterval)
    entries += quantizationTime.sorted { $0.key.rawValue > $1.key.rawValue }.flatMap { width, figure in
      time("quantization_time.\(width.documentName)", figure)
    }
    entries += share("sustained_arithmetic", sustainedArithmetic)
    entries += share("product_rate", productRate) + share("grouped_arithmetic", groupedArithmetic)
    entries += share("grouped_bandwidth", groupedBandwidth)
    entries += groupedTime.sorted { $0.key.rawValue > $1.key.rawValue }.flatMap { width, figure in
      time("grouped_time.\(width.documentName)", figure)
    }
    entries += time("host_per_expert_layer", hostPerExpertLayer)
    entries += counts.map { kind, figure in Entry("host_operations.\(kind.rawValue)", figure) { "\($0)" } }
    entries += time("launch_latency", launchLatency) + time("launch_gap", launchGap)
    entries += fused.map { [Entry("fused", $0) { $0.map(\.rawValue).joined(separator: ", ") }] } ?? []
    entries += word("merges_projections", mergesProjections)
    entries += time("communication_gap", communicationGap)
    entries += allReduce.map { [Entry("all_reduce", $0, \.rawValue)] } ?? []
    entries += word("divides_vocabulary", dividesVocabulary)
    entries += word("measured_tables", measuredTables)
    entries += widths.flatMap { width, figure in share("gemv_bandwidth.\(width.documentName)", figure) }
    entries += types.flatMap { type, figure in share("gemm_arithmetic.\(type.rawValue)", figure) }
    entries += share("prompt_attention_arithmetic", promptAttention)
    entries += share("decoding_attention_bandwidth", decodingAttention)
    entries += word("shares_grouped_keys", sharesGroupedKeys)
    entries += share("other_bandwidth", otherKernels)
    return entries
  }
}
