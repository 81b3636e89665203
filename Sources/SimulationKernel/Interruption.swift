import Synchronization

/// A request to end a run, from any thread: a signal handler, a user interface.
public final class Interruption: Sendable {
  private let flag = Atomic<Bool>(false)

  /// Not requested yet.
  public init() {}

  /// Asks for the end of the run, soon. May be called from any thread, any number of times.
  public func request() { flag.store(true, ordering: .relaxed) }

  /// Whether the end has been asked for.
  public var isRequested: Bool { flag.load(ordering: .relaxed) }
}
