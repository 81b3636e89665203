import SimulationKernel

/// What one user asks of a served model.
public struct ServingRequest: Hashable, Sendable {
  /// Its number, in the order of arrival.
  public let id: Int
  /// When it arrives.
  public var arrival: VirtualTime
  /// Tokens of its prompt.
  public let promptLength: Int
  /// Tokens to generate for it.
  public let outputLength: Int
  /// What its prompt has in common with others; `nil` for nothing.
  public let prefix: PromptPrefix?

  /// A request; lengths are positive.
  public init(id: Int, arrival: VirtualTime, promptLength: Int, outputLength: Int, prefix: PromptPrefix? = nil) {
    self.id = id
    self.arrival = arrival
    self.promptLength = promptLength
    self.outputLength = outputLength
    self.prefix = prefix
  }

  /// Positions that its keys and values take in the end: the last generated token is not fed back.
  public var positionCount: Int { promptLength + outputLength - 1 }
}

/// The beginning of a prompt as pieces of equal length, of each of which only the identity is known.
public struct PromptPrefix: Hashable, Sendable {
  /// Tokens of each piece.
  public let pieceLength: Int
  /// Equal numbers stand for equal tokens, those before them included or not.
  public let pieces: [UInt64]

  /// A prefix of any number of pieces.
  public init(pieceLength: Int, pieces: [UInt64]) {
    self.pieceLength = pieceLength
    self.pieces = pieces
  }
}
