/// What is to be run in a testbed: handed as JSON to the process that is the testbed's first.
public struct TestbedRun: Codable, Sendable {
  /// The testbed.
  public let testbed: Testbed
  /// Commands that make it; none for one that is there already.
  public let creation: [SystemCommand]
  /// What is run on each host.
  public let command: [String]
  /// The Python that starts torchrun on each host; without it the command is started itself.
  public var torchrun: String?
  /// Whether output is passed on as it is, without ranks.
  public var raw = false
  /// Whether ranks run before everything else on the machine.
  public var isRealTime = false

  /// - Parameters:
  ///   - command: what is run on each host.
  ///   - testbed: where.
  ///   - creation: what makes the testbed, for the run alone; nothing for one that is there already.
  public init(_ command: [String], in testbed: Testbed, creation: [SystemCommand] = []) {
    self.testbed = testbed
    self.command = command
    self.creation = creation
  }

  /// Whether the testbed is made for the run and goes with it.
  var makesBed: Bool { !creation.isEmpty }

  /// Where standing testbeds have their files.
  static let standingFolder = "/run/uniference-testbed"

  /// What the run's first process executes in its own namespaces before it starts ranks.
  var preparation: [SystemCommand] {
    let privateNames = [
      SystemCommand("mkdir -p /run/netns"), SystemCommand("mount -t tmpfs tmpfs /run/netns"),
    ]
    let folder = makesBed ? "/run/netns" : Self.standingFolder
    return (makesBed ? privateNames : []) + creation + [
      // So that hosts have names, in this mount namespace alone.
      SystemCommand(
        shell: """
          [ -e /etc/hosts ] || exit 0
          { cat /etc/hosts; printf %s "$1"; } > "$2" && mount --bind "$2" /etc/hosts
          """, arguments: [testbed.hostsFile, Self.hostsFile(in: folder, testbed: testbed.name)])
    ]
  }

  static func hostsFile(in folder: String, testbed: String) -> String { "\(folder)/.\(testbed).hosts" }
}
