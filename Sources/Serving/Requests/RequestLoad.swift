/// The load of a served model: when requests arrive, how many, and how long they are.
public struct RequestLoad: Sendable {
  /// A beginning that prompts share, such as a system prompt.
  public struct SharedPrefix: Hashable, Sendable {
    /// Its tokens; prompts are at least one token longer.
    public var tokens: Int
    /// How many different ones there are, all equally frequent.
    public var groups: Int

    /// A shared beginning.
    public init(tokens: Int, groups: Int) {
      self.tokens = tokens
      self.groups = groups
    }
  }

  /// When requests arrive.
  public var arrivals: ArrivalProcess
  /// How many there are.
  public var requestCount: Int
  /// Tokens of prompts.
  public var prompt: LengthDistribution
  /// Tokens to generate.
  public var output: LengthDistribution
  /// What prompts share, if they are not a trace's.
  public var sharedPrefix: SharedPrefix?
  /// How many of the first requests are served but not counted in latencies.
  public var warmUpCount: Int
  /// Where arrivals or lengths come from, if any do.
  public var trace: TraceFile?

  /// A load.
  public init(
    arrivals: ArrivalProcess, requestCount: Int, prompt: LengthDistribution, output: LengthDistribution,
    sharedPrefix: SharedPrefix? = nil, warmUpCount: Int = 0, trace: TraceFile? = nil
  ) {
    self.arrivals = arrivals
    self.requestCount = requestCount
    self.prompt = prompt
    self.output = output
    self.sharedPrefix = sharedPrefix
    self.warmUpCount = warmUpCount
    self.trace = trace
  }
}
