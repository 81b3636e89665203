/// Why a collective cannot be done as asked.
public enum CollectiveError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The algorithm does not perform the operation.
  case unsupported(CollectiveAlgorithm, for: CollectiveOperation)
  /// The algorithm needs blocks of equal size for this operation.
  case needsEqualBlocks(CollectiveAlgorithm, for: CollectiveOperation)
  /// The shape contradicts itself; the text says how.
  case invalidShape(CollectiveOperation, reason: String)
  /// A parameter of the plan is out of range; the text says how.
  case invalidPlan(CollectiveAlgorithm, reason: String)

  /// What does not fit, and what does.
  public var description: String {
    switch self {
    case .unsupported(let algorithm, let operation):
      let names = operation.algorithms.map(\.rawValue).joined(separator: ", ")
      return "algorithm \(algorithm.rawValue) does not perform \(operation.rawValue); use one of \(names)"
    case .needsEqualBlocks(let algorithm, let operation):
      return "algorithm \(algorithm.rawValue) performs \(operation.rawValue) with equal blocks only; "
        + "use another one or pad the blocks"
    case .invalidShape(let operation, let reason): return "\(operation.rawValue): \(reason)"
    case .invalidPlan(let algorithm, let reason): return "algorithm \(algorithm.rawValue): \(reason)"
    }
  }
}
