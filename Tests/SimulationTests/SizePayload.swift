import Communication

/// A payload that is only a size.
struct Size: Payload {
  let elementCount: Int
  var elementByteCount: Int { 1 }
  var elementName: String { "byte" }

  init(byteCount: Int) { elementCount = byteCount }

  func elements(in range: Range<Int>) -> Size { Size(byteCount: range.count) }
  static func concatenating(_ parts: [Size]) -> Size { Size(byteCount: parts.reduce(0) { $0 + $1.elementCount }) }
  static func reducing(_ contributions: [Size], with reduction: ReductionOperator) -> Size { contributions[0] }
}
