/// A started communication that ends later: `async_op=True` in PyTorch Distributed.
public struct Work<Result: Sendable>: Sendable {
  @usableFromInline let operation: any PendingOperation
  @usableFromInline let member: Int
  @usableFromInline let result: @Sendable () throws -> Result

  /// - Parameters:
  ///   - operation: what is under way.
  ///   - member: whose part in it this is.
  ///   - result: what it brought, asked for once the part has ended.
  public init(
    _ operation: any PendingOperation, member: Int, result: @escaping @Sendable () throws -> Result
  ) {
    self.operation = operation
    self.member = member
    self.result = result
  }

  /// Suspends until the communication has ended on this member and returns what it brought.
  @inlinable @inline(__always)
  @discardableResult
  public func wait(fileID: StaticString = #fileID, line: UInt = #line) async throws -> Result {
    try await operation.wait(for: member, at: SourceLocation(fileID: fileID, line: line))
    return try result()
  }

  /// The same, for those who may give up waiting and wait again: a cancelled wait leaves a receive posted.
  @discardableResult
  public func waitRepeatably(fileID: StaticString = #fileID, line: UInt = #line) async throws -> Result {
    try await operation.waitRepeatably(for: member, at: SourceLocation(fileID: fileID, line: line))
    return try result()
  }

  /// Whether the communication has ended on this member by now. Asking is a synchronisation point: the answer
  /// depends on what the others have done.
  public func isCompleted(fileID: StaticString = #fileID, line: UInt = #line) async throws -> Bool {
    try await operation.hasEnded(for: member, at: SourceLocation(fileID: fileID, line: line))
  }

  /// The same work with its result transformed.
  public func map<Other: Sendable>(_ transform: @escaping @Sendable (Result) throws -> Other) -> Work<Other> {
    let result = result
    return Work<Other>(operation, member: member) { try transform(try result()) }
  }
}

/// A communication under way, as its members wait for it.
public protocol PendingOperation: AnyObject, Sendable {
  /// Suspends until the member's part has ended, or throws what went wrong.
  func wait(for member: Int, at location: SourceLocation) async throws

  /// The same; a cancelled wait changes nothing.
  func waitRepeatably(for member: Int, at location: SourceLocation) async throws

  /// Whether ``wait(for:at:)`` would return at once.
  func hasEnded(for member: Int, at location: SourceLocation) async throws -> Bool
}

extension PendingOperation {
  /// What most operations do anyway.
  public func waitRepeatably(for member: Int, at location: SourceLocation) async throws {
    try await wait(for: member, at: location)
  }
}
