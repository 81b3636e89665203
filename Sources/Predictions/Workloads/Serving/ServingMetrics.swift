/// Metrics of serving.
extension Metric {
  /// Requests that arrive in a second, until the last one does.
  public static let requestRate = Metric(
    "requests_per_second", heading: "requests/s", unit: .perSecond, .higherIsBetter)
  /// Requests that are served in a second.
  public static let servedRate = Metric(
    "served_requests_per_second", heading: "served/s", unit: .perSecond, .higherIsBetter)
  /// Tokens that are generated in a second.
  public static let outputTokenRate = Metric(
    "served_output_tokens_per_second", heading: "output tokens/s", unit: .perSecond, .higherIsBetter)
  /// Tokens of prompts and outputs in a second.
  public static let totalTokenRate = Metric(
    "served_tokens_per_second", heading: "tokens/s", unit: .perSecond, .higherIsBetter)
  /// Requests in a second that meet the objective.
  public static let goodput = Metric(
    "goodput_requests_per_second", heading: "goodput/s", unit: .perSecond, .higherIsBetter)
  /// The share of requests that meet the objective.
  public static let attainment = Metric("attainment", heading: "attained", unit: .fraction, .higherIsBetter)
  /// Sequences of an iteration, on average.
  public static let meanBatch = Metric("mean_batch", heading: "batch", unit: .count, .higherIsBetter)
  /// The share of KV blocks in use while a replica computes, on average.
  public static let blockShare = Metric("kv_use_mean", heading: "KV use", unit: .fraction, .lowerIsBetter)
  /// The largest share of a replica's KV blocks that was in use.
  public static let peakBlockShare = Metric("kv_use_peak", heading: "KV peak", unit: .fraction, .lowerIsBetter)
  /// How often a sequence's KV blocks were taken away.
  public static let preemptions = Metric("preemptions", heading: "preemptions", unit: .count, .lowerIsBetter)
  /// The share of prompts' tokens that the prefix cache had.
  public static let prefixHits = Metric("prefix_hit_rate", heading: "prefix hits", unit: .fraction, .higherIsBetter)
  /// Iterations of all replicas.
  public static let iterations = Metric("iterations", heading: "iterations", unit: .count, .lowerIsBetter)
  /// Requests that no replica can serve.
  public static let refusedRequests = Metric("refused_requests", heading: "refused", unit: .count, .lowerIsBetter)
  /// Energy of all devices for each generated token.
  public static let energyPerOutputToken = Metric(
    "energy_per_output_token_j", heading: "energy per token", unit: .joules, .lowerIsBetter)
}
