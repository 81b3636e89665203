#if os(Linux)
  import ChildPrograms
  import Glibc

  /// A process that removes control groups when this one has ended, in whatever way.
  ///
  /// Everything else of a run goes with its namespaces; control groups are folders, which somebody has to remove.
  struct Watchdog {
    private let process: pid_t
    private let lifeline: Int32

    /// - Parameter groups: what it removes.
    init(removing groups: [ControlGroup]) throws(TestbedError) {
      let pipe = try DescriptorPipe.onMachine()
      // Members may take a moment to be gone.
      let script = """
        trap '' TERM
        cat > /dev/null
        for group; do
          tries=0
          until rmdir "$group" 2> /dev/null || [ ! -d "$group" ] || [ $tries -ge 200 ]; do
            tries=$((tries + 1)); sleep 0.05
          done
        done
        """
      var child = ChildProcess(words: ["sh", "-c", script, "uniference-testbed-watchdog"] + groups.map(\.path))
      child.files = [STDIN_FILENO: pipe.readEnd]
      // It must not hold a pipe whose reader waits for its end.
      let silence = open("/dev/null", O_WRONLY | O_CLOEXEC)
      child.files[STDOUT_FILENO] = silence
      child.files[STDERR_FILENO] = silence
      child.hasOwnSession = true
      process = try child.startOnMachine()
      close(pipe.readEnd)
      close(silence)
      lifeline = pipe.writeEnd
    }

    /// Lets it do its work, and waits for it.
    func finish() {
      close(lifeline)
      _ = ProcessEnd.of(process)
    }
  }
#endif
