import Communication

/// A payload that is only a size.
public struct ByteCount: Payload {
  public let elementCount: Int
  public var elementByteCount: Int { 1 }
  public var elementName: String { "bytes" }

  public init(byteCount: Int) { elementCount = byteCount }

  public func elements(in range: Range<Int>) -> ByteCount { ByteCount(byteCount: range.count) }

  public static func concatenating(_ parts: [ByteCount]) -> ByteCount {
    ByteCount(byteCount: parts.reduce(0) { $0 + $1.elementCount })
  }

  public static func reducing(_ contributions: [ByteCount], with reduction: ReductionOperator) -> ByteCount {
    contributions[0]
  }
}
