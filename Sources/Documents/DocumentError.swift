import Inputs

/// What is wrong with a cluster, scenario or profile file, or with a value that overrides a part of one.
public struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// Where a value was written.
  public enum Origin: Hashable, Sendable {
    /// In a file, as the user named it, on a line counted from 1; no line for the file as a whole.
    case file(String, line: Int?)
    /// On the command line, by an override written `written=...` that sets `field`.
    case option(written: String, field: String)
  }

  /// Where the value at fault stands.
  public let origin: Origin
  /// The path to the field at fault, such as `devices[0].count`; empty for the whole.
  public let field: String
  /// The value at fault, what is allowed, what to do.
  public let message: String
  /// Whether the file could not be read at all.
  public let isUnreadable: Bool

  package init(_ origin: Origin, field: String, _ message: String, isUnreadable: Bool = false) {
    self.origin = origin
    self.field = field
    self.message = message
    self.isUnreadable = isUnreadable
  }

  /// One line, as compilers report: `four-jetsons.yaml:5: network.link.bandwidth: ...`, or
  /// `--set network.link.bandwidth: ...`.
  public var description: String {
    let place: String
    switch origin {
    case .file(let path, nil): place = "\(path): "
    case .file(let path, let line?): place = "\(path):\(line): "
    case .option(let written, let setField):
      return ("--set \(written): " + (field.isEmpty || field == setField ? "" : "\(field): ") + message).printableLine
    }
    return (place + (field.isEmpty ? "" : "\(field): ") + message).printableLine
  }
}
