#if os(Linux)
  import Foundation
  import Glibc

  /// What a machine needs for a bed.
  public enum Requirements {
    /// Makes sure of all of it.
    ///
    /// - Throws: one line that says what is missing and what to do.
    public static func check() throws(TestbedError) {
      guard geteuid() == 0 else {
        throw TestbedError(.machine, "a testbed is made of network namespaces, for which you have to be root; use sudo")
      }
      for (program, package) in [
        ("ip", "iproute2"), ("tc", "iproute2"), ("unshare", "util-linux"), ("taskset", "util-linux"),
      ]
      where !exists(program) {
        throw TestbedError(
          .machine,
          "a testbed needs the program '\(program)', which is not there; install it, for example by "
            + "apt-get install \(package)")
      }
      try tryShaper()
    }

    private static func exists(_ program: String) -> Bool {
      (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
      }
    }

    /// In namespaces of its own, which are gone at once.
    private static func tryShaper() throws(TestbedError) {
      let attempt = SystemCommand([
        "unshare", "--net", "--mount", "--pid", "--fork", "sh", "-c",
        "tc qdisc add dev lo root handle 1: htb && tc filter add dev lo parent 1: protocol ip u32 match u8 0 0",
      ])
      let (end, output) = try CommandExecutor.run(attempt)
      guard end.exitCode != 0 else { return }
      let reason = CommandExecutor.lastLine(of: output)
      if output.contains("unshare") || output.contains("not permitted") {
        throw TestbedError(
          .machine, "this root may not make network namespaces (\(reason)); in a container, start it with --privileged")
      }
      throw TestbedError(
        .machine, "this kernel cannot shape links by htb and u32 (\(reason)); load or build sch_htb and cls_u32")
    }
  }
#endif
