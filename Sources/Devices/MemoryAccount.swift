import Quantities

/// What one device's memory holds while tensors live and die.
///
/// Live tensors are counted by label, so allocating and releasing are O(1) whatever the number of tensors, and the
/// largest labels are sought only when memory runs out.
public struct MemoryAccount: Sendable {
  /// The device's name in messages.
  public let deviceName: String
  /// Bytes available for tensors.
  public let capacity: Int
  /// Bytes held now.
  public private(set) var inUse = 0
  /// The most bytes ever held.
  public private(set) var peak = 0

  private var live: [String: LiveTensors] = [:]

  /// An empty account of a memory of `capacity` bytes; `Int.max` never runs out.
  public init(deviceName: String, capacity: Int) {
    self.deviceName = deviceName
    self.capacity = capacity
  }

  /// Takes memory for a tensor.
  /// - Parameter label: what the tensor is, for people; tensors may share one.
  /// - Throws: ``OutOfMemory`` when it does not fit, and then takes nothing.
  public mutating func allocate(_ bytes: Int, label: String) throws(OutOfMemory) {
    precondition(bytes >= 0, "a tensor cannot take \(bytes) bytes")
    guard bytes <= capacity - inUse else { throw outOfMemory(requesting: bytes, label: label) }
    inUse += bytes
    peak = max(peak, inUse)
    live[label, default: LiveTensors(label: label)].add(bytes)
  }

  /// Gives back what one tensor took, with the same size and label.
  public mutating func release(_ bytes: Int, label: String) {
    guard let index = live.index(forKey: label), live[index].value.count > 0, live[index].value.bytes >= bytes
    else {
      preconditionFailure("released \(bytes) bytes of \"\(label)\" that \(deviceName) does not hold")
    }
    inUse -= bytes
    // A label that nothing lives under stays: the next operation of its kind brings it back.
    live.values[index].remove(bytes)
  }

  /// The labels that hold most, largest first. O(labels log labels).
  public func largest(_ count: Int) -> [LiveTensors] {
    // Labels decide between equal sizes, as the order of a dictionary differs from run to run.
    Array(live.values.filter { $0.count > 0 }.sorted { ($1.bytes, $0.label) < ($0.bytes, $1.label) }.prefix(count))
  }

  private func outOfMemory(requesting bytes: Int, label: String) -> OutOfMemory {
    OutOfMemory(
      deviceName: deviceName, capacity: capacity, inUse: inUse, peak: peak, requested: bytes, requestedLabel: label,
      largest: largest(5))
  }
}

/// The live tensors of one label on one device.
public struct LiveTensors: Hashable, Sendable {
  /// What the tensors are.
  public let label: String
  /// How many there are.
  public private(set) var count = 0
  /// The bytes of all of them.
  public private(set) var bytes = 0

  init(label: String) {
    self.label = label
  }

  mutating func add(_ size: Int) {
    count += 1
    bytes += size
  }

  mutating func remove(_ size: Int) {
    count -= 1
    bytes -= size
  }
}
