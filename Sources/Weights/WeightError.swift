import Inputs

/// A weight file that cannot be read, or that does not hold what was asked for.
public struct WeightError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// The file at fault.
  public let path: String
  /// What is wrong, with the tensor and the numbers.
  public let problem: String

  init(_ path: String, _ problem: String) {
    self.path = path
    // Names come from the file, which may be damaged: whatever they hold, an error stays one line.
    self.problem = problem.printableLine
  }

  /// One line: the file and its problem.
  public var description: String { "\(path): \(problem)" }
}
