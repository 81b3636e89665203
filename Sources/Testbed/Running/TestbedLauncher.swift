#if os(Linux)
  import ChildPrograms
  import Foundation
  import Glibc
  import Synchronization

  /// Starts a run in namespaces of its own and waits for it.
  ///
  /// The run's first process is the first of a process namespace, too: when it ends, in whatever way, the kernel ends all
  /// others, and removes the network namespaces and what is in them. It ends when its lifeline does, a pipe whose other
  /// end only this process has; so nothing is left even when this process is killed.
  public struct TestbedLauncher {
    private let run: TestbedRun
    private let executable: String

    /// - Parameter executable: path of a program that calls ``RankSupervisor`` for `testbed inside`.
    public init(_ run: TestbedRun, executable: String) {
      self.run = run
      self.executable = executable
    }

    /// Runs it to its end.
    ///
    /// - Parameter groups: where the control groups are that hosts with a share of the processor need; a testbed that is
    ///   made for the run gets its groups for as long as it runs.
    /// - Returns: the exit code: the first failing rank's, or 128 and a signal's number.
    public func run(groups: ControlGroupRoot?) throws -> Int32 {
      var watchdog: Watchdog?
      if groups != nil, run.makesBed, !run.testbed.controlGroups.isEmpty {
        watchdog = try Watchdog(removing: run.testbed.controlGroups)
      }
      defer { watchdog?.finish() }
      if watchdog != nil { try groups?.create(run.testbed.controlGroups) }
      return try start()
    }

    private func start() throws -> Int32 {
      let (lifeline, description) = (try DescriptorPipe.onMachine(), try DescriptorPipe.onMachine())
      var child = ChildProcess(
        words: ["unshare"] + (run.makesBed ? ["--net"] : []) + ["--mount", "--pid", "--fork", "--kill-child"]
          + ["--mount-proc", executable, "testbed", "inside"])
      child.files = [STDIN_FILENO: description.readEnd, RankSupervisor.lifeline: lifeline.readEnd]
      child.hasOwnSession = true
      let process = try child.startOnMachine()
      close(lifeline.readEnd)
      close(description.readEnd)
      let isFirst = Mutex(true)
      // The first signal is passed on, so that ranks can end in good order; a second one ends everything.
      let signals = EndingSignals { number in
        isFirst.withLock { isFirst in
          if isFirst { _ = writeAll([UInt8(number)], to: lifeline.writeEnd) } else { kill(process, SIGKILL) }
          isFirst = false
        }
      }
      defer { signals.stop() }
      // A child that could not make namespaces reads nothing, and has said why.
      signal(SIGPIPE, SIG_IGN)
      _ = writeAll(Array(try JSONEncoder().encode(run)), to: description.writeEnd)
      close(description.writeEnd)
      return ProcessEnd.of(process).exitCode
    }
  }
#endif
