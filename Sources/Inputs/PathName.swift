/// A path as a person writes it, taken apart at its last slash. Nothing is looked up.
///
/// Foundation's `NSString.deletingLastPathComponent` ends the process at a path of one character on Linux.
public struct PathName: Hashable, Sendable {
  /// The path as it was written.
  public let path: String

  /// A path.
  public init(_ path: String) { self.path = path }

  /// The folder that holds what the path names: `.` for a bare name, `/` for what stands at the top.
  public var folder: String {
    guard let slash = lastSlash else { return "." }
    let folder = trimmed[..<slash]
    return folder.isEmpty ? "/" : String(folder)
  }

  /// What stands behind the last slash; slashes at the end do not count.
  public var name: String { lastSlash.map { String(trimmed[trimmed.index(after: $0)...]) } ?? String(trimmed) }

  /// The name without its last ending: `record` of `record.run`. A name that begins with its only dot stays whole.
  public var nameWithoutEnding: String {
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// The path of another file in the same folder, as short as this one is written.
  public func beside(_ other: String) -> String {
    guard let slash = lastSlash else { return other }
    return trimmed[...slash] + other
  }

  private var trimmed: Substring {
    var rest = path[...]
    while rest.count > 1, rest.last == "/" { rest.removeLast() }
    return rest
  }

  private var lastSlash: String.Index? { trimmed == "/" ? nil : trimmed.lastIndex(of: "/") }
}
