#if os(Linux)
  import Foundation
  import Glibc

  /// A process that is started with chosen files, in a session of its own, so that Ctrl-C reaches only its starter.
  struct ChildProcess {
    /// The program, looked for on the path, and its arguments.
    var words: [String]
    /// Its environment.
    var environment = ProcessInfo.processInfo.environment
    /// Descriptors of this process by those that they are in the child. Standard input is empty unless it is given.
    var files: [Int32: Int32] = [:]

    /// Starts it.
    ///
    /// - Returns: its process id, which is also its group's.
    func start() throws(TestbedError) -> pid_t {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      if files[STDIN_FILENO] == nil {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
      }
      for (child, own) in files { posix_spawn_file_actions_adddup2(&actions, own, child) }
      var attributes = posix_spawnattr_t()
      posix_spawnattr_init(&attributes)
      defer { posix_spawnattr_destroy(&attributes) }
      var signals = sigset_t()
      sigemptyset(&signals)
      posix_spawnattr_setsigmask(&attributes, &signals)
      for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
      posix_spawnattr_setsigdefault(&attributes, &signals)
      posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | Self.newSession)
      var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
      var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
      defer { (arguments + variables).forEach { free($0) } }
      var process = pid_t()
      let failure = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &variables)
      guard failure == 0 else {
        throw TestbedError(.machine, "cannot start '\(words[0])': \(String(cString: strerror(failure)))")
      }
      return process
    }

    // POSIX_SPAWN_SETSID of spawn.h, which Swift does not see.
    private static let newSession: Int16 = 0x80
  }

  /// How a process has ended.
  struct ProcessEnd: Hashable, Sendable {
    let status: Int32

    /// Waits for a process.
    static func of(_ process: pid_t) -> ProcessEnd {
      var status: Int32 = 0
      while waitpid(process, &status, 0) < 0 && errno == EINTR {}
      return ProcessEnd(status: status)
    }

    /// The signal that has ended it.
    var signal: Int32? { status & 0x7f == 0 ? nil : status & 0x7f }

    /// As a shell tells it: 128 and the number for a signal.
    var exitCode: Int32 { signal.map { 128 + $0 } ?? (status >> 8) & 0xff }

    /// `exited with code 3`, `was killed by signal 9 (Killed)`.
    var description: String {
      guard let signal else { return "exited with code \(exitCode)" }
      return "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
    }
  }
#endif
