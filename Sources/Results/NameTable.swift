/// The names that event records refer to by index. Index 0 is the empty name.
public struct NameTable: Sendable {
  /// The names in the order of their indices.
  public private(set) var names: [String] = [""]
  private var indices: [String: UInt16] = ["": 0]

  /// A table of the empty name alone.
  public init() {}

  /// The index of `name`, which is added when it is new. Constant time on average; callers on a hot path keep the
  /// index.
  ///
  /// - Throws: when a 65 537th name would be added.
  public mutating func index(of name: String) throws(NameTableOverflow) -> UInt16 {
    if let index = indices[name] { return index }
    guard let index = UInt16(exactly: names.count) else { throw NameTableOverflow(name: name) }
    names.append(name)
    indices[name] = index
    return index
  }
}

/// More distinct names were logged than a record's 16-bit name field can tell apart.
public struct NameTableOverflow: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name that found no room.
  public let name: String

  /// One line: the name, the limit, and what to do.
  public var description: String {
    "the event log cannot take the name '\(name)': it holds at most 65536 distinct operation names; "
      + "leave counters and indices out of operation names"
  }
}
