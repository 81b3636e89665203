/// What the parts of a testbed are called in the system, so that they can be told from everybody else's.
public struct TestbedNames: Hashable, Sendable {
  /// What every namespace and every control group of every testbed begins with.
  public static let prefix = "uniference-"
  /// A host's interface, in its own namespace.
  public static let hostInterface = "eth0"

  /// The testbed's name.
  public let testbed: String

  /// Names of a testbed's parts.
  public init(testbed: String) { self.testbed = testbed }

  /// A host's namespace.
  public func namespace(of host: Int) -> String { "\(Self.prefix)\(testbed)-host\(host)" }
  /// The namespace that has the switches.
  public var switchNamespace: String { "\(Self.prefix)\(testbed)-switch" }
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
  /// The testbed that a namespace or a control group is of, if it is of one.
  static func testbed(ofPart name: String) -> String? {
    guard name.hasPrefix(prefix), let end = name.lastIndex(of: "-"),
      end >= name.index(name.startIndex, offsetBy: prefix.count)
    else { return nil }
    return String(name[name.index(name.startIndex, offsetBy: prefix.count)..<end])
  }

  /// The testbed that a run makes for itself is called after the process that has started it.
  public static func ofRun(startedBy process: Int32) -> TestbedNames { TestbedNames(testbed: "\(runPrefix)\(process)") }
  /// The process that has started a run, if the testbed of that name is a run's own.
  static func starter(ofRun name: String) -> Int32? {
    name.hasPrefix(runPrefix) ? Int32(name.dropFirst(runPrefix.count)) : nil
  }
  private static let runPrefix = "run-"

  /// A host's address in the testbed.
  public func address(of host: Int) -> String { "10.77.0.\(host + 1)" }
}
