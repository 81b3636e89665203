/// What is to be run in a bed: handed as JSON to the process that is the bed's first.
public struct BedRun: Codable, Sendable {
  /// The bed.
  public var bed: Bed
  /// Commands that make it, in words; none for one that is there already.
  public var creation: [[String]]
  /// What is run on each host.
  public var command: [String]
  /// The Python that starts torchrun on each host; without it the command is started itself.
  public var torchrun: String?
  /// Whether output is passed on as it is, without ranks.
  public var raw: Bool

  /// - Parameters:
  ///   - command: what is run on each host of an existing bed.
  public init(_ command: [String], in bed: Bed) {
    self.bed = bed
    self.command = command
    creation = []
    raw = false
  }
}
