/// The place in a program at which a primitive was called, for deadlock and mismatch reports.
@frozen
public struct SourceLocation: Sendable, CustomStringConvertible {
  /// `Module/File.swift`, as `#fileID` gives it.
  public let fileID: StaticString
  @usableFromInline let lineNumber: UInt32

  @inlinable
  public init(fileID: StaticString = #fileID, line: UInt = #line) {
    self.fileID = fileID
    lineNumber = UInt32(truncatingIfNeeded: line)
  }

  public var line: UInt { UInt(lineNumber) }

  public var description: String { "\(fileID):\(lineNumber)" }
}
