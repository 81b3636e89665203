#if os(Linux)
  import Foundation
  import Glibc

  /// Testbeds that stay until they are removed: named namespaces, and a file for each testbed that says what it has.
  public struct StandingTestbeds {
    private static let folder = TestbedRun.standingFolder

    /// All of this machine.
    public init() {}

    /// Makes a testbed.
    ///
    /// - Throws: when there is one of that name, or a command fails; nothing is left of it then.
    public func create(_ testbed: Testbed, plan: TestbedPlan, groups: ControlGroupRoot?) throws {
      try Self.check(name: testbed.name)
      guard !names.contains(testbed.name) else {
        throw TestbedError(
          .request, "there is a testbed '\(testbed.name)' already; remove it by uniference testbed down \(testbed.name)"
        )
      }
      // Half a testbed would be in the way of the next one.
      for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
      do {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        try JSONEncoder().encode(testbed).write(to: URL(fileURLWithPath: Self.record(of: testbed.name)))
        try groups?.create(testbed.controlGroups)
        try CommandExecutor.execute(plan.creation)
      } catch {
        try? remove(testbed.name)
        throw error
      }
    }

    /// The testbed of a name.
    public func testbed(_ name: String) throws(TestbedError) -> Testbed {
      guard let data = FileManager.default.contents(atPath: Self.record(of: name)),
        let testbed = try? JSONDecoder().decode(Testbed.self, from: data)
      else { throw unknown(name) }
      return testbed
    }

    /// Removes a testbed: ends its processes, and removes its namespaces with what is in them, and its control groups.
    ///
    /// - Throws: when nothing of it is there, or it cannot be removed.
    public func remove(_ name: String) throws(TestbedError) {
      guard names.contains(name) else { throw unknown(name) }
      for namespace in Self.namespaces() where TestbedNames.testbed(ofPart: namespace) == name {
        try Self.removeNamespace(namespace)
      }
      for group in Self.controlGroups()
      where TestbedNames.testbed(ofPart: URL(fileURLWithPath: group).lastPathComponent) == name {
        try Self.removeControlGroup(group)
      }
      for file in [Self.record(of: name), TestbedRun.hostsFile(in: Self.folder, testbed: name)] { unlink(file) }
      // Stays when another testbed has its file there.
      rmdir(Self.folder)
    }

    /// Names of testbeds of which something is there, a run's own while it runs excepted.
    public var names: [String] {
      let files = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder)) ?? []
      let recorded = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      let groups = Self.controlGroups().map { URL(fileURLWithPath: $0).lastPathComponent }
      let parts = (Self.namespaces() + groups).compactMap(TestbedNames.testbed(ofPart:))
      return Set(recorded + parts).filter { !Self.isRunning($0) }.sorted()
    }

    private func unknown(_ name: String) -> TestbedError {
      let known = names.isEmpty ? "there is none" : "there is " + names.joined(separator: ", ")
      return TestbedError(.request, "there is no testbed '\(name)'; \(known)")
    }

    private static func record(of name: String) -> String { "\(folder)/\(name).json" }

    /// Names become parts of names of namespaces and files.
    private static func check(name: String) throws(TestbedError) {
      guard name.wholeMatch(of: /[a-z][a-z0-9-]{0,30}/) != nil, TestbedNames.starter(ofRun: name) == nil else {
        throw TestbedError(
          .request, "'\(name)' cannot be a testbed's name; use a letter and up to 30 small letters, digits and hyphens")
      }
    }

    private static func isRunning(_ name: String) -> Bool {
      TestbedNames.starter(ofRun: name).map { kill($0, 0) == 0 } ?? false
    }
  }
#endif
