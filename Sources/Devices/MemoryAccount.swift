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

  private var live: [LiveTensors] = []
  /// What was live when the most bytes were held, unless that is so now.
  private var liveAtPeak: [LiveTensors] = []
  private var isAtPeak = false
  /// Where each label's tensors stand in `live`.
  private var places: [String: Int] = [:]
  /// The same, by where the program keeps a label's text: most labels are literals, and an address is found faster.
  private var literalPlaces: [UInt: Int] = [:]

  /// An empty account of a memory of `capacity` bytes; `Int.max` never runs out.
  public init(deviceName: String, capacity: Int) {
    self.deviceName = deviceName
    self.capacity = capacity
  }

  /// Takes memory for a tensor.
  /// - Parameter label: what the tensor is, for people; tensors may share one.
  /// - Throws: ``OutOfMemory`` when it does not fit, and then takes nothing.
  public mutating func allocate(_ bytes: Int, label: String) throws(OutOfMemory) {
    try allocate(bytes, at: place(of: label))
  }

  /// The same for a label that stands in the program.
  public mutating func allocate(_ bytes: Int, label: StaticString) throws(OutOfMemory) {
    try allocate(bytes, at: place(of: label))
  }

  /// Gives back what one tensor took, with the same size and label.
  public mutating func release(_ bytes: Int, label: String) { release(bytes, at: place(of: label)) }

  /// The same for a label that stands in the program.
  public mutating func release(_ bytes: Int, label: StaticString) { release(bytes, at: place(of: label)) }

  private mutating func allocate(_ bytes: Int, at place: Int) throws(OutOfMemory) {
    precondition(bytes >= 0, "a tensor cannot take \(bytes) bytes")
    guard bytes <= capacity - inUse else { throw outOfMemory(requesting: bytes, label: live[place].label) }
    inUse += bytes
    if inUse > peak {
      peak = inUse
      isAtPeak = true
    }
    live[place].add(bytes)
  }

  private mutating func release(_ bytes: Int, at place: Int) {
    guard live[place].count > 0, live[place].bytes >= bytes else {
      preconditionFailure("released \(bytes) bytes of \"\(live[place].label)\" that \(deviceName) does not hold")
    }
    if isAtPeak {
      liveAtPeak = live
      isAtPeak = false
    }
    inUse -= bytes
    live[place].remove(bytes)
  }

  private mutating func place(of label: String) -> Int {
    if let known = places[label] { return known }
    places[label] = live.count
    live.append(LiveTensors(label: label))
    return live.count - 1
  }

  private mutating func place(of label: StaticString) -> Int {
    // A literal of one character is kept as that, not as text.
    guard label.hasPointerRepresentation else { return place(of: label.description) }
    let address = UInt(bitPattern: label.utf8Start)
    if let known = literalPlaces[address] { return known }
    let found = place(of: label.description)
    literalPlaces[address] = found
    return found
  }

  /// The labels that hold most, largest first. O(labels log labels).
  public func largest(_ count: Int) -> [LiveTensors] {
    // Labels decide between equal sizes.
    Array(live.filter { $0.count > 0 }.sorted { ($1.bytes, $0.label) < ($0.bytes, $1.label) }.prefix(count))
  }

  /// What was held when the most bytes were, largest first.
  public var tensorsAtPeak: [LiveTensors] {
    (isAtPeak ? live : liveAtPeak).filter { $0.count > 0 }.sorted { ($1.bytes, $0.label) < ($0.bytes, $1.label) }
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
