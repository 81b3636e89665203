import Communication

/// A collective as a member called it. All members' calls must agree.
struct CollectiveCall: Sendable {
  /// Who called, by its world rank.
  let rank: Int
  let shape: CollectiveShape
  let reduction: ReductionOperator?
  let elementName: String
  /// Bytes as the caller sees them, for traces.
  let byteCount: Int
  let location: SourceLocation

  /// Whether both calls can be parts of one collective. Of an uneven all-to-all each member knows only its own blocks.
  func agrees(with other: CollectiveCall) -> Bool {
    if case .matrix = shape.blocks, case .matrix = other.shape.blocks {
      return shape.operation == other.shape.operation && elementName == other.elementName
    }
    return shape == other.shape && reduction == other.reduction && elementName == other.elementName
  }
}

extension CollectiveCall: CustomStringConvertible {
  /// The operation with what identifies it: `allReduce(sum) of 4194304 bytes of float32`.
  var description: String {
    var text = shape.operation.rawValue
    if let reduction { text += "(\(reduction.rawValue))" }
    if shape.operation.hasRoot { text += " with root \(shape.root)" }
    if shape.operation != .barrier { text += " of \(byteCount) bytes of \(elementName)" }
    return text
  }
}

extension CollectiveOperation {
  var hasRoot: Bool { [.reduce, .broadcast, .gather, .scatter].contains(self) }
}

/// Two members called different collectives where they should have called the same one.
public struct CollectiveMismatch: Error, Sendable, CustomStringConvertible {
  /// The world rank that called first, and the one whose call disagrees.
  public let ranks: (first: Int, second: Int)
  /// Which of the group's collectives it is, counted from 0.
  public let number: Int
  /// Both calls, with rank, sizes and place, in one line.
  public let description: String

  init(group: ProcessGroup, number: Int, first: CollectiveCall, call: CollectiveCall) {
    ranks = (first.rank, call.rank)
    self.number = number
    description = """
      collective \(number) of group \(group.name) differs between its members: rank \(call.rank) called \(call) at \
      \(call.location), but rank \(first.rank) called \(first) at \(first.location); all members must call the same \
      collectives in the same order
      """
  }
}
