/// A payload that is only a size.
public struct ByteCount: Payload {
  /// Its size in bytes.
  public let elementCount: Int
  /// One: its elements are bytes.
  public var elementByteCount: Int { 1 }
  /// `bytes`.
  public var elementName: String { "bytes" }

  /// A payload of that many bytes.
  public init(byteCount: Int) { elementCount = byteCount }

  /// A payload of as many bytes as the range has.
  public func elements(in range: Range<Int>) -> ByteCount { ByteCount(byteCount: range.count) }

  /// A payload as large as all parts together.
  public static func concatenating(_ parts: [ByteCount]) -> ByteCount {
    ByteCount(byteCount: parts.reduce(0) { $0 + $1.elementCount })
  }

  /// A payload as large as one contribution.
  public static func reducing(_ contributions: [ByteCount], with reduction: ReductionOperator) -> ByteCount {
    contributions[0]
  }
}
