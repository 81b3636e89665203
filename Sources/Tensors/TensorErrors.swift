/// Operands whose shapes or element types an operation cannot combine.
public struct ShapeError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The operation's name.
  public let operation: String
  /// The operands' shapes, in order.
  public let shapes: [[Int]]
  /// What would have to hold.
  public let rule: String

  init(_ operation: String, shapes: [[Int]], rule: String) {
    self.operation = operation
    self.shapes = shapes
    self.rule = rule
  }

  init(_ kind: OperationKind, _ operands: [Tensor], _ rule: String) {
    self.init(kind.rawValue, shapes: operands.map(\.shape), rule: rule)
  }

  /// `linear of [2, 8] and [16, 9]: the input's last dimension must equal the weight's second`.
  public var description: String {
    "\(operation) of \(shapes.map(\.description).joined(separator: " and ")): \(rule)"
  }
}

/// Operands that are not all in the memory of one device.
public struct PlacementError: Error, CustomStringConvertible, Hashable, Sendable {
  /// The operation's name.
  public let operation: String
  /// Position of the operand at fault.
  public let operand: Int
  /// Whether the operand lives on no device at all.
  public let isMessage: Bool

  /// `add: operand 1 lives on another device than operand 0; send it there first`.
  public var description: String {
    isMessage
      ? "\(operation): operand \(operand) is a message on no device; call placed(on:label:) on it first"
      : "\(operation): operand \(operand) lives on another device than operand 0; send it there first"
  }
}

/// Values were asked of a tensor whose backend keeps none.
public struct ValuesMissing: Error, CustomStringConvertible, Hashable, Sendable {
  init() {}

  /// What to do about it.
  public var description: String {
    "tensors have shapes but no values in this run; run it with values (uniference simulate --values)"
  }
}
