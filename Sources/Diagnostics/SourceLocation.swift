/// The place in a program at which a primitive was called, for deadlock and mismatch reports.
public struct SourceLocation: Sendable, CustomStringConvertible {
  /// `Module/File.swift`, as `#fileID` gives it.
  public let fileID: StaticString
  private let lineNumber: UInt32

  public init(fileID: StaticString = #fileID, line: UInt = #line) {
    self.fileID = fileID
    lineNumber = UInt32(truncatingIfNeeded: line)
  }

  public var line: UInt { UInt(lineNumber) }

  public var description: String { "\(fileID):\(lineNumber)" }
}
