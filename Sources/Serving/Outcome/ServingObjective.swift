/// What users are promised.
public struct ServingObjective: Hashable, Sendable {
  /// The longest time to the first token, in seconds.
  public var timeToFirstToken: Double?
  /// The longest mean time between tokens, in seconds.
  public var timePerOutputToken: Double?
  /// The longest time to the last token, in seconds.
  public var latency: Double?
  /// The share of all requests that are to meet it.
  public var share: Double

  /// An objective of at least one limit.
  public init(
    timeToFirstToken: Double? = nil, timePerOutputToken: Double? = nil, latency: Double? = nil, share: Double = 0.99
  ) {
    self.timeToFirstToken = timeToFirstToken
    self.timePerOutputToken = timePerOutputToken
    self.latency = latency
    self.share = share
  }

  /// Whether a request that has been served meets it.
  public func isMet(by record: RequestRecord) -> Bool {
    func holds(_ limit: Double?, _ value: Double?) -> Bool { limit.map { (value ?? 0) <= $0 } ?? true }
    return record.end != nil && holds(timeToFirstToken, record.timeToFirstToken)
      && holds(timePerOutputToken, record.timePerOutputToken) && holds(latency, record.latency)
  }
}
