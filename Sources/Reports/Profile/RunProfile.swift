import Results

/// Where a run's time went: by device, phase, layer, operation, collective and call, and for whom devices waited.
///
/// Times are in seconds. Sums over ranks are marked so; a rank's own times do not overlap.
public struct RunProfile: Encodable, Sendable {
  /// What a stretch of ranks' time was spent on.
  public struct Use: Encodable, Hashable, Sendable {
    /// Computing.
    public internal(set) var computing_s = 0.0
    /// Idling until another rank called a collective or sent a message.
    public internal(set) var waiting_for_ranks_s = 0.0
    /// Idling while the network carried something.
    public internal(set) var network_s = 0.0
    /// Idling for no reason that the log tells.
    public internal(set) var other_s = 0.0

    /// All of it.
    public var total_s: Double { computing_s + waiting_for_ranks_s + network_s + other_s }
  }

  /// One rank's time until its program ended.
  public struct Device: Encodable, Sendable {
    /// The rank.
    public let rank: Int
    /// Its device.
    public let device: String
    /// When its program ended; the end of the run where it did not.
    public internal(set) var end_s = 0.0
    /// What it did until then.
    public internal(set) var use = Use()
  }

  /// A phase of the programs.
  public struct Phase: Encodable, Sendable {
    /// Its name; empty for time outside of every phase.
    public let name: String
    /// When the first rank entered it.
    public internal(set) var start_s: Double
    /// When the last rank left it.
    public internal(set) var end_s: Double
    /// How many ranks were in it.
    public internal(set) var ranks = 0
    /// Ranks' time in it, in sum.
    public internal(set) var rank_s = 0.0
    /// What they did in it, in sum.
    public internal(set) var use = Use()
  }

  /// A part of the model.
  public struct Layer: Encodable, Sendable {
    /// The phase.
    public let phase: String
    /// What it is: `layer`, `embedding`, `output`.
    public let name: String
    /// Its number, if it has one.
    public let number: Int?
    /// The devices that worked on it, in rank order.
    public internal(set) var devices: [String] = []
    /// How often, over all ranks.
    public internal(set) var count = 0
    /// Ranks' time in it, communication included, in sum.
    public internal(set) var rank_s = 0.0
    /// How much of that they computed.
    public internal(set) var computing_s = 0.0
  }

  /// What devices computed under one name.
  public struct Operation: Encodable, Sendable {
    /// The phase.
    public let phase: String
    /// The operation.
    public let name: String
    /// How often, over all ranks.
    public internal(set) var count = 0
    /// How long, in sum over ranks.
    public internal(set) var rank_s = 0.0
  }

  /// A collective of one group, or messages outside of collectives.
  public struct Communication: Encodable, Sendable {
    /// The phase.
    public let phase: String
    /// The operation: `all_reduce`, `send and receive`.
    public let name: String
    /// The group; empty for messages.
    public let group: String
    /// How often, over all ranks.
    public internal(set) var count = 0
    /// Payload bytes of all members' contributions.
    public internal(set) var bytes = 0
    /// From call to end, in sum over ranks. Ranks may compute meanwhile.
    public internal(set) var rank_s = 0.0
    /// Ranks' idling until the last member came, in sum.
    public internal(set) var waiting_for_ranks_s = 0.0
    /// Ranks' idling while the network carried it, in sum.
    public internal(set) var network_s = 0.0
  }

  /// A place in a script.
  public struct Call: Encodable, Sendable {
    /// What is called and where: `all_reduce at train.py:31`.
    public let name: String
    /// How often, over all ranks.
    public internal(set) var count = 0
    /// From call to return, in sum over ranks.
    public internal(set) var rank_s = 0.0
    /// What was computed right before it, in sum over ranks.
    public internal(set) var computing_before_s = 0.0
  }

  /// How long one rank waited for another.
  public struct Wait: Encodable, Sendable {
    /// Who waited.
    public let rank: Int
    /// For whom.
    public let for_rank: Int
    /// In what: `all_reduce`, `receive`.
    public let in_operation: String
    /// How long.
    public internal(set) var rank_s = 0.0
  }

  /// The record.
  public let record: String
  /// The end of the last event.
  public internal(set) var total_s = 0.0
  /// All ranks, in order.
  public internal(set) var devices: [Device]
  /// In the order in which they were entered.
  public internal(set) var phases: [Phase] = []
  /// In the order in which they were first worked on.
  public internal(set) var layers: [Layer] = []
  /// The longest first.
  public internal(set) var operations: [Operation] = []
  /// The longest first.
  public internal(set) var communication: [Communication] = []
  /// The longest first, with what was computed before.
  public internal(set) var calls: [Call] = []
  /// The longest first.
  public internal(set) var waits: [Wait] = []

  /// Reads a record and adds up its events.
  ///
  /// - Throws: `RunRecordError` or `FileError` when they cannot be read.
  public init(_ record: RunRecord) throws { try self.init(record) { _ in } }

  /// The same, and hands every event on, in the order of their start times.
  init(_ record: RunRecord, _ body: (EventRecord) -> Void) throws {
    var builder = ProfileBuilder(record.manifest, RunProfile(emptyOf: record))
    try record.forEachInOrder { event in
      builder.append(event)
      body(event)
    }
    self = builder.finished()
  }

  private init(emptyOf record: RunRecord) {
    self.record = record.path
    devices = record.manifest.devices.enumerated().map { Device(rank: $0.offset, device: $0.element) }
  }
}
