import Quantities

/// An array of equal elements in the memory of one device.
///
/// A tensor is a small value: a shape, an element type and a reference to the backend's storage. Copies share the
/// storage, and so do the views that ``reshaped(to:)`` and ``narrowed(axis:to:)`` give; memory goes back to the device
/// with the last of them. Only ``copy(_:intoAxis:at:)`` changes elements in place, for all who share them.
///
/// Operations are synchronous. Each checks shapes, takes memory for its result, charges its cost to the device's clock
/// and throws when one of these fails.
///
/// A tensor that came out of a message without being placed (see ``placed(on:label:)``) has no device; it has a size
/// and, where the backend has values, values, but operations refuse it.
public struct Tensor: Sendable {
  /// Length of each axis, outermost first. A scalar has none.
  public let shape: [Int]

  /// The type of each element.
  public let elementType: ElementType

  /// How a parameter is stored where that is not its ``elementType``, to which operations convert it; `nil` for others.
  public let format: QuantizedFormat?

  /// What the backend keeps of it.
  public let storage: any TensorStorage

  /// A tensor over storage that a ``TensorDevice`` made; programs call ``init(uninitialized:elementType:on:label:)``.
  public init(shape: [Int], elementType: ElementType, storage: any TensorStorage) {
    self.shape = shape
    self.elementType = elementType
    format = nil
    self.storage = storage
  }

  /// Takes memory for a tensor whose elements have no defined value yet. Costs no time.
  ///
  /// - Parameters:
  ///   - shape: length of each axis, none negative.
  ///   - format: how a matrix of parameters is stored, where that is not `elementType`.
  ///   - label: what the memory is for, in reports of what filled a device.
  /// - Throws: ``ShapeError`` for a negative length, and what the device throws when its memory does not suffice.
  public init(
    uninitialized shape: [Int], elementType: ElementType, format: QuantizedFormat? = nil, on device: any TensorDevice,
    label: StaticString
  ) throws {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw ShapeError("allocate", shapes: [shape], rule: "no dimension may be negative")
    }
    guard format == nil || shape.count == 2 else {
      throw ShapeError("allocate", shapes: [shape], rule: "only matrices are quantized")
    }
    storage = try device.makeStorage(shape: shape, elementType: elementType, format: format, label: label)
    self.shape = shape
    self.elementType = elementType
    self.format = format
  }

  /// The device whose memory holds the elements; `nil` for a message that was not placed.
  public var device: (any TensorDevice)? { storage.device }

  /// Number of axes.
  public var rank: Int { shape.count }

  /// Length of the last axis, 1 for a scalar.
  var lastDimension: Int { shape.last ?? 1 }

  /// Number of vectors along the last axis: the product of all lengths but the last.
  var rowCount: Int {
    var product = 1
    for axis in 0..<max(0, shape.count - 1) { product *= shape[axis] }
    return product
  }

  /// Size in memory, as a figure of a cost.
  var byteSize: Double {
    if let format { return Double(format.byteCount(rows: shape[0], columns: shape[1])) }
    return Double(elementCount) * Double(elementType.byteCount)
  }
}
