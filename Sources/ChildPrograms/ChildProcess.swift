import Foundation

/// A process that is started with chosen files, no signal blocked, and signals handled as this program was started with.
package struct ChildProcess {
  /// The program, looked for on the path, and its arguments.
  package var words: [String]
  /// All variables that it gets.
  package var environment = ProcessInfo.processInfo.environment
  /// Descriptors of this process by those that they are in the child. All others but standard output and error stay here.
  package var files: [Int32: Int32] = [:]
  /// Whether it has this process's standard input; else that is empty, unless `files` say more.
  package var inheritsInput = false
  /// Whether it begins a session of its own, which the terminal's signals do not reach; else it is in this one's group.
  package var hasOwnSession = false

  /// A program in this process's group, without input.
  package init(words: [String]) { self.words = words }

  /// Starts it.
  ///
  /// - Returns: its process id. In a session of its own that is its group's, too.
  package func start() throws(SpawnFailure) -> pid_t {
    var actions = Actions()
    defer { actions.destroy() }
    if files[STDIN_FILENO] == nil, !inheritsInput { actions.open("/dev/null", as: STDIN_FILENO) }
    // Copies beyond all the numbers that are wanted, so that none is overwritten before it has been moved.
    var copies: [Int32] = []
    defer { copies.forEach { close($0) } }
    for (child, own) in files.sorted(by: { $0.key < $1.key }) {
      let copy = fcntl(own, F_DUPFD_CLOEXEC, 64)
      guard copy >= 0 else { throw SpawnFailure(cannot: "hand on a file", errno) }
      copies.append(copy)
      actions.move(copy, to: child)
    }
    var attributes = Attributes(hasOwnSession: hasOwnSession)
    defer { attributes.destroy() }
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + variables).forEach { free($0) } }
    var process = pid_t()
    let failure = posix_spawnp(&process, words[0], &actions.value, &attributes.value, &arguments, &variables)
    guard failure == 0 else { throw SpawnFailure(cannot: "start '\(words[0])'", failure) }
    return process
  }
}

#if canImport(Darwin)
  private typealias FileActions = posix_spawn_file_actions_t?
  private typealias SpawnAttributes = posix_spawnattr_t?
#else
  private typealias FileActions = posix_spawn_file_actions_t
  private typealias SpawnAttributes = posix_spawnattr_t
#endif

/// What happens to files between the start of a process and that of its program.
private struct Actions {
  #if canImport(Darwin)
    var value: FileActions = nil
  #else
    var value = FileActions()
  #endif

  init() { posix_spawn_file_actions_init(&value) }

  mutating func open(_ path: String, as descriptor: Int32) {
    posix_spawn_file_actions_addopen(&value, descriptor, path, O_RDONLY, 0)
  }

  mutating func move(_ own: Int32, to child: Int32) { posix_spawn_file_actions_adddup2(&value, own, child) }

  mutating func destroy() { posix_spawn_file_actions_destroy(&value) }
}

/// What a process is started with besides files.
private struct Attributes {
  #if canImport(Darwin)
    var value: SpawnAttributes = nil
    private static let newSession = Int16(POSIX_SPAWN_SETSID)
  #else
    var value = SpawnAttributes()
    // POSIX_SPAWN_SETSID of spawn.h, which Swift does not see.
    private static let newSession: Int16 = 0x80
  #endif

  init(hasOwnSession: Bool) {
    posix_spawnattr_init(&value)
    var signals = sigset_t()
    // A child inherits which signals are blocked, and threads of Swift's pool block nearly all.
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&value, &signals)
    sigfillset(&signals)
    for number in InheritedSignals.ignored { sigdelset(&signals, number) }
    posix_spawnattr_setsigdefault(&value, &signals)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    posix_spawnattr_setflags(&value, hasOwnSession ? flags | Self.newSession : flags)
  }

  mutating func destroy() { posix_spawnattr_destroy(&value) }
}
