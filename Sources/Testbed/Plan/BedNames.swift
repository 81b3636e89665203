/// What the parts of a bed are called in the system, so that they can be told from everybody else's.
public struct BedNames: Hashable, Sendable {
  /// What every namespace and every control group of every bed begins with.
  public static let prefix = "uniference-"
  /// A host's interface, in its own namespace.
  public static let hostInterface = "eth0"

  /// The bed's name.
  public let bed: String

  /// Names of a bed's parts.
  public init(bed: String) { self.bed = bed }

  /// A host's namespace.
  public func namespace(of host: Int) -> String { "\(Self.prefix)\(bed)-host\(host)" }
  /// The namespace that has the switches.
  public var switchNamespace: String { "\(Self.prefix)\(bed)-switch" }
  /// A host's control group, for its share of the processor.
  public func controlGroup(of host: Int) -> String { namespace(of: host) }
  /// The switch's end of a host's link.
  public func port(of host: Int) -> String { "host\(host)" }
  /// The host's end of it, while a relay takes hold of it.
  func farEnd(of host: Int) -> String { "far\(host)" }
  /// A switch: the only one, or that of a side.
  public func bridge(_ side: Int) -> String { "switch\(side)" }
  /// A side's end of the link between the two sides.
  public func uplink(_ side: Int) -> String { "uplink\(side)" }
  /// The bed that a namespace or a control group is of, if it is of one.
  static func bed(ofPart name: String) -> String? {
    guard name.hasPrefix(prefix), let end = name.lastIndex(of: "-"),
      end >= name.index(name.startIndex, offsetBy: prefix.count)
    else { return nil }
    return String(name[name.index(name.startIndex, offsetBy: prefix.count)..<end])
  }

  /// The bed that a run makes for itself is called after the process that has started it.
  public static func ofRun(startedBy process: Int32) -> BedNames { BedNames(bed: "\(runPrefix)\(process)") }
  /// The process that has started a run, if the bed of that name is a run's own.
  static func starter(ofRun name: String) -> Int32? {
    name.hasPrefix(runPrefix) ? Int32(name.dropFirst(runPrefix.count)) : nil
  }
  private static let runPrefix = "run-"

  /// A host's address in the bed.
  public func address(of host: Int) -> String { "10.77.0.\(host + 1)" }
}
