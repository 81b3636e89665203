/// A collective as a member called it. All members' calls must agree.
package struct CollectiveCall: Sendable {
  /// Who called, by its world rank.
  package let rank: Int
  package let shape: CollectiveShape
  package let reduction: ReductionOperator?
  package let elementName: String
  /// Bytes as the caller sees them, for traces.
  package let byteCount: Int
  package let location: SourceLocation

  package init(
    rank: Int, shape: CollectiveShape, reduction: ReductionOperator?, elementName: String, byteCount: Int,
    location: SourceLocation
  ) {
    self.rank = rank
    self.shape = shape
    self.reduction = reduction
    self.elementName = elementName
    self.byteCount = byteCount
    self.location = location
  }

  /// Whether both calls can be parts of one collective. Of an uneven all-to-all each member knows only its own blocks.
  package func agrees(with other: CollectiveCall) -> Bool {
    if case .matrix = shape.blocks, case .matrix = other.shape.blocks {
      return shape.operation == other.shape.operation && elementName == other.elementName
    }
    return shape == other.shape && reduction == other.reduction && elementName == other.elementName
  }
}

extension CollectiveCall: CustomStringConvertible {
  /// The operation with what identifies it: `allReduce(sum) of 4194304 bytes of float32`.
  package var description: String {
    var text = shape.operation.rawValue
    if let reduction { text += "(\(reduction.rawValue))" }
    if shape.operation.hasRoot { text += " with root \(shape.root)" }
    if shape.operation != .barrier { text += " of \(byteCount) bytes of \(elementName)" }
    return text
  }
}

extension CollectiveOperation {
  /// Whether one member plays another part than the others.
  package var hasRoot: Bool { [.reduce, .broadcast, .gather, .scatter].contains(self) }
}

/// Two members called different collectives where they should have called the same one.
public struct CollectiveMismatch: Error, Sendable, CustomStringConvertible {
  /// The world rank that called first, and the one whose call disagrees.
  public let ranks: (first: Int, second: Int)
  /// Which of the group's collectives it is, counted from 0.
  public let number: Int
  /// Both calls, with rank, sizes and place, in one line.
  public let description: String

  package init(group: String, number: Int, first: CollectiveCall, call: CollectiveCall) {
    self.init(
      group: group, number: number, ranks: (first.rank, call.rank), first: "\(first) at \(first.location)",
      call: "\(call) at \(call.location)")
  }

  /// - Parameters:
  ///   - first: what the first rank called, and where; `call` likewise of the second one.
  package init(group: String, number: Int, ranks: (first: Int, second: Int), first: String, call: String) {
    self.ranks = ranks
    self.number = number
    description = """
      collective \(number) of group \(group) differs between its members: rank \(ranks.second) called \(call), but \
      rank \(ranks.first) called \(first); all members must call the same collectives in the same order
      """
  }
}
