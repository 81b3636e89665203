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

  /// Those of some positions.
  func narrowed(to positions: Range<Int>) throws -> KeysAndValues {
    KeysAndValues(
      keys: try keys.narrowed(axis: 1, to: positions), values: try values.narrowed(axis: 1, to: positions))
  }
}

/// The keys and values of the positions so far in one layer, in memory taken at the start for as many as there will be; in
/// a layer that sees a window of them, of the last ones.
public struct KeyValueCache: Sendable {
  /// `[batch, capacity, keyValueHeads, headSize]`.
  public let keys: Tensor
  /// `[batch, capacity, keyValueHeads, headSize]`.
  public let values: Tensor
  /// Positions so far.
  public private(set) var count = 0
  /// Positions kept.
  private let capacity: Int

  /// Takes memory for `capacity` positions, or for as many as `window`, where that is less.
  public init(
    batchSize: Int, capacity: Int, window: Int? = nil, headCount: Int, headSize: Int, elementType: ElementType,
    on device: any TensorDevice
  ) throws {
    self.capacity = min(capacity, window ?? capacity)
    let shape = [batchSize, self.capacity, headCount, headSize]
    keys = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "key-value cache")
    values = try Tensor(uninitialized: shape, elementType: elementType, on: device, label: "key-value cache")
  }

  /// Copies the keys and values of new positions behind the others. Once the memory is full, a new position takes the
  /// place of the oldest one: attention does not depend on the order of keys that carry their positions.
  ///
  /// - Parameter new: of the first positions, of any number; of later ones that do not fit, one by one.
  /// - Returns: all positions that the new ones may see.
  public mutating func append(_ new: KeysAndValues) throws -> KeysAndValues {
    let newCount = new.keys.shape[1]
    defer { count += newCount }
    guard count + newCount > capacity else {
      try copy(new, at: count)
      return try kept(count + newCount)
    }
    guard count == 0 else {
      for row in 0..<newCount {
        try copy(new.narrowed(to: row..<row + 1), at: (count + row) % capacity)
      }
      return try kept(capacity)
    }
    // The oldest place is where the next position goes.
    let last = try new.narrowed(to: newCount - capacity..<newCount)
    let split = newCount % capacity
    if split > 0 { try copy(last.narrowed(to: capacity - split..<capacity), at: 0) }
    if split < capacity { try copy(last.narrowed(to: 0..<capacity - split), at: split) }
    return new
  }

  private func copy(_ part: KeysAndValues, at place: Int) throws {
    try keys.copy(part.keys, intoAxis: 1, at: place)
    try values.copy(part.values, intoAxis: 1, at: place)
  }

  private func kept(_ count: Int) throws -> KeysAndValues {
    try KeysAndValues(keys: keys, values: values).narrowed(to: 0..<count)
  }
}
