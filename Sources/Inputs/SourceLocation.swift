/// The place in a program at which a primitive was called, for deadlock and mismatch reports.
@frozen
public struct SourceLocation: Sendable, CustomStringConvertible {
  /// `Module/File.swift`, as `#fileID` gives it.
  public let fileID: StaticString
  @usableFromInline let lineNumber: UInt32

  /// The place of the caller, unless given.
  @inlinable
  public init(fileID: StaticString = #fileID, line: UInt = #line) {
    self.fileID = fileID
    lineNumber = UInt32(truncatingIfNeeded: line)
  }

  /// The line in the file, counted from 1.
  public var line: UInt { UInt(lineNumber) }

  /// `Module/File.swift:12`.
  public var description: String { "\(fileID):\(lineNumber)" }
}
