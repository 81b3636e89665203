#if os(Linux)
  import Foundation
  import Glibc

  extension StandingTestbeds {
    /// Names of all network namespaces.
    static func namespaces() -> [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
    }

    /// Paths of all control groups of testbeds.
    static func controlGroups() -> [String] {
      guard let root = try? ControlGroupRoot.find() else { return [] }
      let folders = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
      return folders.filter { $0.hasPrefix(TestbedNames.prefix) }.map { "\(root.path)/\($0)" }
    }

    /// Interfaces and shapers go with their namespace, once no process is in it.
    static func removeNamespace(_ name: String) throws(TestbedError) {
      let (_, members) = try CommandExecutor.run(SystemCommand(["ip", "netns", "pids", name]))
      for member in members.split(separator: "\n").compactMap({ pid_t($0) }) { kill(member, SIGKILL) }
      try CommandExecutor.execute([SystemCommand(["ip", "netns", "delete", name])])
    }

    /// Its members may take a moment to be gone.
    static func removeControlGroup(_ path: String) throws(TestbedError) {
      let members = (try? String(contentsOfFile: "\(path)/cgroup.procs", encoding: .utf8)) ?? ""
      for member in members.split(separator: "\n").compactMap({ pid_t($0) }) where member > 0 { kill(member, SIGKILL) }
      for _ in 0..<100 {
        if rmdir(path) == 0 || errno == ENOENT { return }
        usleep(20_000)
      }
      throw TestbedError(.machine, "cannot remove the control group \(path): \(String(cString: strerror(errno)))")
    }
  }
#endif
