/// The place in a program at which a primitive was called, for deadlock and mismatch reports.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  /// `Module/File.swift`, as `#fileID` gives it.
  public let fileID: StaticString
  public let line: UInt

  public init(fileID: StaticString = #fileID, line: UInt = #line) {
    self.fileID = fileID
    self.line = line
  }

  public var description: String { "\(fileID):\(line)" }

  public static func == (left: SourceLocation, right: SourceLocation) -> Bool {
    left.line == right.line && left.description == right.description
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(line) }
}
