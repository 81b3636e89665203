import SimulationKernel

/// What became of one request.
public struct RequestRecord: Hashable, Sendable {
  /// Its number.
  public let id: Int
  /// When it arrived.
  public let arrival: VirtualTime
  /// Tokens of its prompt.
  public let promptLength: Int
  /// Tokens generated for it.
  public let outputLength: Int
  /// Which replica served it.
  public let replica: Int
  /// When its first iteration began.
  public internal(set) var start: VirtualTime?
  /// When its first token was there.
  public internal(set) var firstToken: VirtualTime?
  /// When its latest token was there.
  public internal(set) var latestToken: VirtualTime?
  /// When its last token was there.
  public internal(set) var end: VirtualTime?
  /// Tokens generated so far.
  public internal(set) var tokenCount = 0
  /// Tokens of the prompt that the prefix cache had.
  public internal(set) var cachedCount = 0
  /// How often its blocks were taken away.
  public internal(set) var preemptionCount = 0

  init(_ request: ServingRequest, replica: Int) {
    id = request.id
    arrival = request.arrival
    promptLength = request.promptLength
    outputLength = request.outputLength
    self.replica = replica
  }

  private func seconds(until time: VirtualTime?) -> Double? { time.map { arrival.duration(to: $0).inSeconds } }

  /// From arrival to the beginning of its first iteration, in seconds.
  public var queueing: Double? { seconds(until: start) }
  /// From arrival to the first token, in seconds.
  public var timeToFirstToken: Double? { seconds(until: firstToken) }
  /// From arrival to the last token, in seconds.
  public var latency: Double? { seconds(until: end) }
  /// The mean time between its tokens, in seconds; `nil` of a single one.
  public var timePerOutputToken: Double? {
    guard outputLength > 1, let firstToken, let end else { return nil }
    return firstToken.duration(to: end).inSeconds / Double(outputLength - 1)
  }
}
