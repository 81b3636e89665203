/// A request as an engine's scheduler sees it: how much of it has been computed, and which blocks it has.
public struct ServedSequence: Hashable, Sendable {
  /// The request's number.
  public let id: Int
  /// Tokens of its prompt.
  public let promptLength: Int
  /// Tokens to generate.
  public let outputLength: Int
  let prefix: PromptPrefix?
  /// Tokens whose keys and values are in its blocks.
  public internal(set) var computedCount = 0
  /// Tokens generated so far.
  public internal(set) var generatedCount = 0
  /// Tokens of the iteration being planned or computed.
  public internal(set) var scheduledCount = 0
  /// Tokens that were found in the prefix cache when it was last admitted.
  public internal(set) var cachedCount = 0
  /// How often its blocks were taken away.
  public internal(set) var preemptionCount = 0
  /// Its blocks, in the order of its positions.
  public internal(set) var blocks: [Int32] = []
  /// The contents of its first blocks, as far as they have been worked out.
  private var contents: [UInt64] = []

  /// A request that waits.
  public init(_ request: ServingRequest) {
    id = request.id
    promptLength = request.promptLength
    outputLength = request.outputLength
    prefix = request.prefix
  }

  /// Tokens that are known: the prompt and what has been generated.
  public var knownCount: Int { promptLength + generatedCount }

  /// Known tokens whose keys and values have to be computed; 1 where it decodes.
  public var remainingCount: Int { knownCount - computedCount }

  /// Whether its next iteration computes the one token that it generated last.
  public var isDecoding: Bool { generatedCount > 0 && remainingCount == 1 }

  /// What the block of a number holds: equal for blocks that follow equal beginnings.
  mutating func content(ofBlock number: Int, size: Int) -> UInt64 {
    while contents.count <= number {
      var content = mixed(contents.last ?? 0, UInt64(size))
      let positions = contents.count * size..<(contents.count + 1) * size
      if let prefix, prefix.pieceLength > 0, positions.upperBound <= prefix.pieces.count * prefix.pieceLength {
        for piece in positions.lowerBound / prefix.pieceLength...(positions.upperBound - 1) / prefix.pieceLength {
          content = mixed(content, prefix.pieces[piece])
        }
      } else {
        content = mixed(content ^ 0xA5A5_A5A5_A5A5_A5A5, UInt64(id))
      }
      contents.append(content)
    }
    return contents[number]
  }

  /// A finalizer whose every output bit depends on every input bit (SplitMix64).
  private func mixed(_ value: UInt64, _ other: UInt64) -> UInt64 {
    var mixed = value &* 0x9E37_79B9_7F4A_7C15 &+ other &+ 0x6A09_E667_F3BC_C909
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
