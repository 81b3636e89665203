import Inputs

/// What is wrong with a network or with a use of it.
public enum NetworkError: Error, Hashable, Sendable, CustomStringConvertible, UserFacingError {
  /// No path leads from one host to the other.
  case unreachable(source: String, destination: String)
  /// A figure that must be positive is not.
  case notPositive(figure: String, link: String, value: Double)
  /// The shape of a topology does not fit.
  case shape(String)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .unreachable(let source, let destination):
      "no path leads from \(source) to \(destination); connect them by a link or put them on one switch"
    case .notPositive(let figure, let link, let value):
      "\(figure) of link \(link) is \(value); it must be greater than zero"
    case .shape(let message): message
    }
  }
}
