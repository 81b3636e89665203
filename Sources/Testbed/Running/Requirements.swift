#if os(Linux)
  import ChildPrograms
  import Foundation
  import Glibc
  import Inputs

  /// What a machine needs for a testbed.
  public enum Requirements {
    /// Makes sure of all of it.
    ///
    /// - Throws: one line that says what is missing and what to do.
    public static func check() throws(TestbedError) {
      try checkPrograms()
      try tryShaper()
    }

    /// Makes sure of root and of the programs that make and remove testbeds.
    public static func checkPrograms() throws(TestbedError) {
      guard geteuid() == 0 else {
        throw TestbedError(.machine, "a testbed is made of network namespaces, for which you have to be root; use sudo")
      }
      for (program, package) in [
        ("ip", "iproute2"), ("tc", "iproute2"), ("unshare", "util-linux"), ("taskset", "util-linux"),
      ]
      where SearchPath.find(program) == nil {
        throw TestbedError(
          .machine,
          "a testbed needs the program '\(program)', which is not there; install it, for example by "
            + "apt-get install \(package)")
      }
    }

    /// How links get a delay here.
    ///
    /// - Parameter executable: path of a program that calls ``FrameRelay`` for `testbed relay NANOSECONDS ENDS`.
    /// - Throws: where there is no way.
    public static func delayMethod(executable: String) throws(TestbedError) -> DelayMethod {
      let attempt = SystemCommand("unshare --net tc qdisc add dev lo root netem delay 1ms")
      if try CommandExecutor.run(attempt).end.exitCode == 0 { return .netem }
      guard FileManager.default.fileExists(atPath: "/dev/net/tun") else {
        throw TestbedError(
          .machine, "--delay needs netem or /dev/net/tun, and this kernel has neither; load sch_netem or tun")
      }
      // Ranks that compute must not make frames late.
      let isRealTime = try tryRealTime().end.exitCode == 0
      return .relay(command: (isRealTime ? ["chrt", "-f", "1"] : []) + [executable, "testbed", "relay"])
    }

    /// Makes sure that a command's program is there, which else every host would say.
    public static func check(program: String) throws(TestbedError) {
      guard SearchPath.find(program) != nil else {
        throw TestbedError(.request, "there is no program '\(program)'; give its path, or one that is on PATH")
      }
    }

    /// Makes sure that commands may run before everything else here.
    public static func checkRealTime() throws(TestbedError) {
      try check(program: "chrt")
      let (end, output) = try tryRealTime()
      guard end.exitCode != 0 else { return }
      throw TestbedError(
        .machine,
        "--real-time is not allowed here (\(CommandExecutor.lastLine(of: output))); this control group may have no "
          + "real-time processes: start it in the root group, or leave --real-time out")
    }

    private static func tryRealTime() throws(TestbedError) -> (end: ProcessEnd, output: String) {
      try CommandExecutor.run(SystemCommand(shell: "chrt --fifo 1 true"))
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
