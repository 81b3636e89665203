/// A started communication that ends later: `async_op=True` in PyTorch Distributed.
public struct Work<Result: Sendable>: Sendable {
  private let waiting: @Sendable (SourceLocation) async throws -> Result
  private let polling: @Sendable () async throws -> Bool

  /// - Parameters:
  ///   - wait: suspends until the result is there, or throws what went wrong.
  ///   - isCompleted: whether `wait` would return at once.
  public init(
    wait: @escaping @Sendable (SourceLocation) async throws -> Result,
    isCompleted: @escaping @Sendable () async throws -> Bool
  ) {
    waiting = wait
    polling = isCompleted
  }

  /// Suspends until the communication has ended on this member and returns what it brought.
  @discardableResult
  public func wait(fileID: StaticString = #fileID, line: UInt = #line) async throws -> Result {
    try await waiting(SourceLocation(fileID: fileID, line: line))
  }

  /// Whether the communication has ended on this member by now. Asking is a synchronisation point: the answer
  /// depends on what the others have done.
  public var isCompleted: Bool {
    get async throws { try await polling() }
  }

  /// The same work with its result transformed.
  public func map<Other: Sendable>(_ transform: @escaping @Sendable (Result) throws -> Other) -> Work<Other> {
    Work<Other>(
      wait: { try transform(try await waiting($0)) },
      isCompleted: polling)
  }
}
