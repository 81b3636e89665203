#if os(Linux)
  import Foundation
  import Glibc

  /// Beds that stay until they are removed: named namespaces, and a file for each bed that says what it has.
  public struct StandingBeds {
    private static let folder = BedRun.standingFolder

    /// All of this machine.
    public init() {}

    /// Makes a bed.
    ///
    /// - Throws: when there is one of that name, or a command fails; nothing is left of it then.
    public func create(_ bed: Bed, plan: BedPlan, groups: ControlGroupRoot?) throws {
      try Self.check(name: bed.name)
      guard !names.contains(bed.name) else {
        throw TestbedError(
          .request, "there is a bed '\(bed.name)' already; remove it by uniference testbed down \(bed.name)")
      }
      // Half a bed would be in the way of the next one.
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
      do {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        try JSONEncoder().encode(bed).write(to: URL(fileURLWithPath: Self.record(of: bed.name)))
        try groups?.create(bed.controlGroups)
        try CommandExecutor.execute(plan.creation)
      } catch {
        try? remove(bed.name)
        throw error
      }
    }

    /// The bed of a name.
    public func bed(_ name: String) throws(TestbedError) -> Bed {
      guard let data = FileManager.default.contents(atPath: Self.record(of: name)),
        let bed = try? JSONDecoder().decode(Bed.self, from: data)
      else { throw unknown(name) }
      return bed
    }

    /// Removes a bed: ends its processes, and removes its namespaces with what is in them, and its control groups.
    ///
    /// - Throws: when nothing of it is there, or it cannot be removed.
    public func remove(_ name: String) throws(TestbedError) {
      guard names.contains(name) else { throw unknown(name) }
      for namespace in Self.namespaces() where BedNames.bed(ofPart: namespace) == name {
        try Self.removeNamespace(namespace)
      }
      for group in Self.controlGroups()
      where BedNames.bed(ofPart: URL(fileURLWithPath: group).lastPathComponent) == name {
        try Self.removeControlGroup(group)
      }
      for file in [Self.record(of: name), BedRun.hostsFile(in: Self.folder, bed: name)] { unlink(file) }
      // Stays when another bed has its file there.
      rmdir(Self.folder)
    }

    /// Names of beds of which something is there, a run's own while it runs excepted.
    public var names: [String] {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder)) ?? []
      let recorded = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      let groups = Self.controlGroups().map { URL(fileURLWithPath: $0).lastPathComponent }
      let parts = (Self.namespaces() + groups).compactMap(BedNames.bed(ofPart:))
      return Set(recorded + parts).filter { !Self.isRunning($0) }.sorted()
    }

    private func unknown(_ name: String) -> TestbedError {
      let known = names.isEmpty ? "there is none" : "there is " + names.joined(separator: ", ")
      return TestbedError(.request, "there is no bed '\(name)'; \(known)")
    }

    private static func record(of name: String) -> String { "\(folder)/\(name).json" }

    /// Names become parts of names of namespaces and files.
    private static func check(name: String) throws(TestbedError) {
      guard name.wholeMatch(of: /[a-z][a-z0-9-]{0,30}/) != nil, BedNames.starter(ofRun: name) == nil else {
        throw TestbedError(
          .request, "'\(name)' cannot be a bed's name; use a letter and up to 30 small letters, digits and hyphens")
      }
    }

    private static func isRunning(_ name: String) -> Bool {
      BedNames.starter(ofRun: name).map { kill($0, 0) == 0 } ?? false
    }
  }
#endif
