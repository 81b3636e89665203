import Foundation

/// What this program was told about signals by whoever has started it: what it ignores, its children shall ignore, too,
/// as under `nohup`; whatever it does itself about signals is not theirs.
package enum InheritedSignals {
  /// Signals that were ignored when this was first asked for, which has to be before any of them is handled. SIGCHLD is
  /// none of them: whoever ignores it never hears of a child's end.
  package static let ignored: Set<Int32> = Set((1..<32).filter { $0 != SIGCHLD && isIgnored($0) })

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
      let handler = action.__sigaction_u.__sa_handler
    #else
      let handler = action.__sigaction_handler.sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
