/// What travels in a message: a flat run of equal elements, with values or without.
///
/// A communicator looks at sizes only. The operations below let it hand each member the right values, whatever
/// backend holds them; a payload without values (the shape backend) implements them on sizes alone.
public protocol Payload: Sendable {
  /// Number of elements.
  var elementCount: Int { get }

  /// Bytes of one element.
  var elementByteCount: Int { get }

  /// Name of the element type, for diagnoses such as a mismatched collective (`float32`, `bfloat16`, ...).
  var elementName: String { get }

  /// The elements of `range`, as a flat payload.
  func elements(in range: Range<Int>) -> Self

  /// The elements of all parts, one after another, as a flat payload. `parts` is never empty.
  static func concatenating(_ parts: [Self]) -> Self

  /// The element-wise combination of equal-sized contributions, in the order given, so that the result has the
  /// same bits on every member and on every run. `contributions` is never empty.
  static func reducing(_ contributions: [Self], with reduction: ReductionOperator) -> Self
}

extension Payload {
  /// Size on the wire, without any header.
  public var byteCount: Int { elementCount * elementByteCount }

  /// The payload as it travels: a flat run of its elements that no longer belongs to the sender's device.
  public var message: Self { elements(in: 0..<elementCount) }
}
