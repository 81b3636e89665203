import ChildPrograms
import Foundation
import ProgramLibraries
import Results

/// `uniference simulate LIBRARY`: handed to a process of its own, since a library brings its own copy of Uniference, and two
/// copies in one process would have every type twice.
struct ProgramLibraryLaunch {
  /// The words of the program's command line.
  let words: [String]

  /// - Returns: `nil` where the arguments do not name a library.
  init?(_ arguments: [String]) {
    guard arguments.first == "simulate",
      let index = arguments.prefix(while: { $0 != "--" }).firstIndex(where: Self.isLibrary)
    else { return nil }
    var options = arguments
    let library = options.remove(at: index)
    // dlopen looks for a bare name elsewhere than in the present folder.
    words = [library.contains("/") ? library : "./" + library, "interface=1", "simulate"] + options.dropFirst()
  }

  private static func isLibrary(_ word: String) -> Bool { word.hasSuffix(".so") || word.hasSuffix(".dylib") }

  /// Becomes the program's process.
  func run() {
    let host = Self.hostPath
    var arguments = ([host] + words).map { strdup($0) } + [nil]
    // What this program has done about lost output is not the other's affair.
    if !InheritedSignals.ignored.contains(SIGPIPE) { signal(SIGPIPE, SIG_DFL) }
    execv(host, &arguments)
    let reason = String(cString: strerror(errno))
    StandardError.say(
      "uniference: error: \(host), which runs programs that are libraries, cannot be started: \(reason)")
    exit(EX_UNAVAILABLE)
  }

  /// Beside this executable.
  static var hostPath: String {
    let own = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return own.resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent("uniference-program-host")
      .path
  }
}
