import Synchronization

/// A request to end a run, from any thread: a signal handler, a user interface.
public final class Interruption: Sendable {
  /// Why a run is to end.
  public enum Reason: Hashable, Sendable {
    /// Somebody has asked for it.
    case request
    /// The program has got a signal, by its number.
    case signal(Int32)
    /// What the run prints is lost, and how.
    case lostOutput(String)
  }

  private let flag = Atomic<Bool>(false)
  private let first = Mutex<Reason?>(nil)

  /// Not requested yet.
  public init() {}

  /// Asks for the end of the run, soon. May be called from any thread, any number of times; the first reason counts.
  public func request(_ reason: Reason = .request) {
    first.withLock { $0 = $0 ?? reason }
    flag.store(true, ordering: .releasing)
  }

  /// Whether the end has been asked for.
  public var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Why the end has been asked for, if it has.
  public var reason: Reason? { first.withLock { $0 } }
}

extension Interruption.Reason: CustomStringConvertible {
  /// What has happened. Ctrl-C needs no name.
  public var description: String {
    switch self {
    case .request, .signal(2): "interrupted"
    case .signal(1): "interrupted by SIGHUP"
    case .signal(15): "interrupted by SIGTERM"
    case .signal(let number): "interrupted by signal \(number)"
    case .lostOutput(let how): "\(how); the run was ended"
    }
  }
}
