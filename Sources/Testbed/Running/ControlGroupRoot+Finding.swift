#if os(Linux)
  import Foundation

  extension ControlGroupRoot {
    /// The one of this machine.
    ///
    /// - Throws: where there is none that limits processor time.
    public static func find() throws(TestbedError) -> ControlGroupRoot {
      let files = FileManager.default
      for path in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]
      where files.isWritableFile(atPath: "\(path)/cgroup.procs") {
        return ControlGroupRoot(path: path, version: .first)
      }
      let unified = "/sys/fs/cgroup"
      let controllers = (try? String(contentsOfFile: "\(unified)/cgroup.controllers", encoding: .utf8)) ?? ""
      guard controllers.split(whereSeparator: \.isWhitespace).contains("cpu"),
        files.isWritableFile(atPath: "\(unified)/cgroup.procs")
      else {
        throw TestbedError(
          .machine,
          "--cpu-share needs control groups with the cpu controller under /sys/fs/cgroup, writable; mount them")
      }
      return ControlGroupRoot(path: unified, version: .second)
    }

    /// Makes groups.
    public func create(_ groups: [ControlGroup]) throws(TestbedError) {
      guard !groups.isEmpty else { return }
      if version == .second { try write("+cpu", to: "\(path)/cgroup.subtree_control") }
      for group in groups {
        do {
          try FileManager.default.createDirectory(atPath: group.path, withIntermediateDirectories: true)
        } catch {
          throw TestbedError(.machine, "cannot make the control group \(group.path): \(error.localizedDescription)")
        }
        for (file, text) in group.settings { try write(text, to: "\(group.path)/\(file)") }
      }
    }

    private func write(_ text: String, to path: String) throws(TestbedError) {
      // Not atomically: the files of control groups cannot be replaced.
      guard let handle = FileHandle(forWritingAtPath: path), (try? handle.write(contentsOf: Data(text.utf8))) != nil
      else {
        throw TestbedError(
          .machine, "--cpu-share: cannot write \(text) to \(path); run outside containers, which may not")
      }
    }
  }
#endif
