/// What is to be run in a bed: handed as JSON to the process that is the bed's first.
public struct BedRun: Codable, Sendable {
  /// The bed.
  public let bed: Bed
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
  ///   - bed: where.
  ///   - creation: what makes the bed, for the run alone; nothing for one that is there already.
  public init(_ command: [String], in bed: Bed, creation: [SystemCommand] = []) {
    self.bed = bed
    self.command = command
    self.creation = creation
  }

  /// Whether the bed is made for the run and goes with it.
  var makesBed: Bool { !creation.isEmpty }

  /// Where standing beds have their files.
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
          """, arguments: [bed.hostsFile, Self.hostsFile(in: folder, bed: bed.name)])
    ]
  }

  static func hostsFile(in folder: String, bed: String) -> String { "\(folder)/.\(bed).hosts" }
}
