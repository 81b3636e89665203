import Communication

/// A tensor's elements on their way, as places in shared memory: the engine never looks at them.
struct TensorPayload: Payload {
  enum Content {
    /// Nobody needs the values, or there are none.
    case sizeOnly
    /// One after another.
    case pieces([Piece])
    /// A part of what is yet to be combined, from this element of it on.
    case reduced(Reduction, start: Int)
  }

  let elementCount: Int
  let dataType: DataType
  let content: Content
  /// Which elements these are of the buffer that they were taken from, and how many it has: gloo's order of combining
  /// depends on it.
  let start: Int
  let wholeCount: Int

  var elementByteCount: Int { dataType.byteCount }
  var elementName: String { dataType.name }

  init(elementCount: Int, dataType: DataType, content: Content, start: Int = 0, wholeCount: Int? = nil) {
    self.elementCount = elementCount
    self.dataType = dataType
    self.content = content
    self.start = start
    self.wholeCount = wholeCount ?? elementCount
  }

  func elements(in range: Range<Int>) -> TensorPayload {
    if range == 0..<elementCount { return self }
    let part: Content =
      switch content {
      case .sizeOnly: .sizeOnly
      case .pieces(let pieces): .pieces(pieces.bytes(in: byteRange(range)))
      case .reduced(let reduction, let first): .reduced(reduction, start: first + range.lowerBound)
      }
    return TensorPayload(
      elementCount: range.count, dataType: dataType, content: part, start: start + range.lowerBound,
      wholeCount: wholeCount)
  }

  private func byteRange(_ range: Range<Int>) -> Range<Int> {
    range.lowerBound * elementByteCount..<range.upperBound * elementByteCount
  }

  static func concatenating(_ parts: [TensorPayload]) -> TensorPayload {
    var pieces: [Piece] = []
    for part in parts {
      if case .pieces(let some) = part.content { pieces += some }
    }
    return TensorPayload(
      elementCount: parts.reduce(0) { $0 + $1.elementCount }, dataType: parts[0].dataType,
      content: pieces.isEmpty ? .sizeOnly : .pieces(pieces))
  }

  static func reducing(_ contributions: [TensorPayload], with reduction: ReductionOperator) -> TensorPayload {
    let first = contributions[0]
    guard case .pieces = first.content else { return first }
    return TensorPayload(
      elementCount: first.elementCount, dataType: first.dataType,
      content: .reduced(Reduction(operation: reduction, contributions: contributions), start: 0), start: first.start,
      wholeCount: first.wholeCount)
  }
}

extension [Piece] {
  /// The pieces of these bytes of the whole.
  fileprivate func bytes(in range: Range<Int>) -> [Piece] {
    var result: [Piece] = []
    var position = 0
    for piece in self {
      let overlap = range.clamped(to: position..<position + piece.byteCount)
      if !overlap.isEmpty {
        result.append(
          Piece(block: piece.block, offset: piece.offset + overlap.lowerBound - position, byteCount: overlap.count))
      }
      position += piece.byteCount
    }
    return result
  }
}
