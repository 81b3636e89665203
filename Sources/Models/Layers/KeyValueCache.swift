import Quantities
import Tensors

/// The keys and values of some positions, each `[batch, positions, keyValueHeads, headSize]`.
public struct KeysAndValues: Sendable {
  /// What queries are compared with.
  public let keys: Tensor
  /// What attention mixes.
  public let values: Tensor

  /// Keys and values of equal shapes.
  public init(keys: Tensor, values: Tensor) {
    self.keys = keys
    self.values = values
  }
}

/// The keys and values of all positions so far in one layer, in memory taken at the start for as many as there will be.
public struct KeyValueCache: Sendable {
  /// `[batch, capacity, keyValueHeads, headSize]`.
  public let keys: Tensor
  /// `[batch, capacity, keyValueHeads, headSize]`.
  public let values: Tensor
  /// Positions filled.
  public private(set) var count = 0

  /// Takes memory for `capacity` positions.
  public init(
    batchSize: Int, capacity: Int, headCount: Int, headSize: Int, elementType: ElementType,
    on device: any TensorDevice
  ) throws {
    let shape = [batchSize, capacity, headCount, headSize]
    keys = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "key-value cache")
    values = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "key-value cache")
  }

  /// Copies the keys and values of new positions behind the others.
  ///
  /// - Returns: views of all positions so far.
  public mutating func append(_ new: KeysAndValues) throws -> KeysAndValues {
    try keys.copy(new.keys, intoAxis: 1, at: count)
    try values.copy(new.values, intoAxis: 1, at: count)
    count += new.keys.shape[1]
    return KeysAndValues(
      keys: try keys.narrowed(axis: 1, to: 0..<count), values: try values.narrowed(axis: 1, to: 0..<count))
  }
}
