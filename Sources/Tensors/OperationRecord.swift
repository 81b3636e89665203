import Devices
import Quantities

/// One operation as it is charged: what it was, how large, and what it asks of the device.
///
/// Two operations with equal kind, sizes, element type and stored operand cost the same; these are the key of a recording.
public struct OperationRecord: Hashable, Sendable, CustomStringConvertible {
  /// Which operation.
  public let kind: OperationKind
  /// The sizes that decide its cost, in the order of ``OperationKind/sizeNames``; 0 beyond them.
  public let sizes: SIMD8<Int>
  /// The type it computes in: that of the first operand, of the table in a lookup, of a weight whose format has arithmetic of
  /// its own.
  public let elementType: ElementType
  /// How an operand is stored in another type than it computes in, if one is: weights of a product or a lookup, keys and
  /// values, what a copy overwrites.
  public let storedOperand: StoredOperand?
  /// FLOPs and bytes.
  public let cost: OperationCost

  /// A record; programs get theirs from the operations.
  public init(
    kind: OperationKind, sizes: SIMD8<Int>, elementType: ElementType, storedOperand: StoredOperand? = nil,
    cost: OperationCost
  ) {
    self.kind = kind
    self.sizes = sizes
    self.elementType = elementType
    self.storedOperand = storedOperand
    self.cost = cost
  }

  /// The sizes alone, since hashing text takes longer than what is looked up by it.
  public func hash(into hasher: inout Hasher) { hasher.combine(sizes) }

  /// `linear rows=5 inputs=64 outputs=32 bias=0 float16`, `... int8 of Q4_K`.
  public var description: String {
    let named = kind.sizeNames.enumerated().map { "\($1)=\(sizes[$0])" }
    return "\(kind.rawValue) \(named.joined(separator: " ")) \(typeDescription)"
  }

  /// The type, and what is stored in another one: `int8 of Q4_K`.
  public var typeDescription: String { elementType.rawValue + (storedOperand.map { " of \($0)" } ?? "") }
}

/// How an operand is stored.
public enum StoredOperand: Hashable, Sendable, CustomStringConvertible {
  /// In groups that share scales.
  case quantized(QuantizedFormat)
  /// One element after another.
  case plain(ElementType)

  /// `Q4_K`, `float8`.
  public var description: String {
    switch self {
    case .quantized(let format): format.description
    case .plain(let type): type.rawValue
    }
  }
}

/// What an operation's declaration infers from its operands.
public struct OperationResult: Hashable, Sendable {
  /// Shape of the result.
  public let shape: [Int]
  /// Element type of the result.
  public let elementType: ElementType
  /// What is charged.
  public let record: OperationRecord

  init(
    _ kind: OperationKind, shape: [Int], elementType: ElementType, computingIn computeType: ElementType,
    storing storedOperand: StoredOperand? = nil, sizes: SIMD8<Int>, flops: Double, bytesRead: Double,
    bytesWritten: Double
  ) {
    self.shape = shape
    self.elementType = elementType
    record = OperationRecord(
      kind: kind, sizes: sizes, elementType: computeType, storedOperand: storedOperand,
      cost: OperationCost(flops: flops, bytesRead: bytesRead, bytesWritten: bytesWritten))
  }
}

extension SIMD8<Int> {
  init(sizes first: Int, _ second: Int = 0, _ third: Int = 0, _ fourth: Int = 0) {
    self.init(first, second, third, fourth, 0, 0, 0, 0)
  }
}
