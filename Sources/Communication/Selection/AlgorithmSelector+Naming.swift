extension AlgorithmSelector {
  /// Names of the selectors that choose for all operations.
  public static let names = ["ideal", "gloo", "nccl"]

  /// The selector called `name`.
  ///
  /// - Throws: when there is none; the message lists them and suggests the nearest name.
  public init(named name: String) throws(CollectiveError) {
    switch name {
    case "ideal": self = .ideal
    case "gloo": self = .gloo
    case "nccl": self = .nccl
    default: throw .invalidOverride(Self.unknown("algorithm selector", name, allowed: Self.names))
    }
  }

  /// The override that a user writes as `allReduce=ring,allGather=bruck`.
  ///
  /// - Throws: when an operation or algorithm is unknown, named twice, or when the algorithm does not perform it.
  public init(overrides text: String, otherwise: AlgorithmSelector) throws(CollectiveError) {
    var named: [String: String] = [:]
    for part in text.split(separator: ",") {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false).map(Self.trimmed)
      guard sides.count == 2 else {
        throw .invalidOverride("'\(part)' is no override; write operation=algorithm, such as allReduce=ring")
      }
      guard named.updateValue(sides[1], forKey: sides[0]) == nil else {
        throw .invalidOverride("operation '\(sides[0])' is named twice in '\(text)'; name it once")
      }
    }
    try self.init(overrides: named, otherwise: otherwise)
  }

  /// The override of a map from operations' names to algorithms' names.
  public init(overrides named: [String: String], otherwise: AlgorithmSelector) throws(CollectiveError) {
    var algorithms: [CollectiveOperation: CollectiveAlgorithm] = [:]
    for (operationName, algorithmName) in named.sorted(by: { $0.key < $1.key }) {
      guard let operation = CollectiveOperation(rawValue: operationName) else {
        let allowed = CollectiveOperation.allCases.map(\.rawValue)
        throw .invalidOverride(Self.unknown("operation", operationName, allowed: allowed))
      }
      guard let algorithm = CollectiveAlgorithm(rawValue: algorithmName) else {
        let allowed = operation.algorithms.map(\.rawValue)
        throw .invalidOverride(Self.unknown("\(operationName) algorithm", algorithmName, allowed: allowed))
      }
      guard algorithm.operations.contains(operation) else { throw .unsupported(algorithm, for: operation) }
      algorithms[operation] = algorithm
    }
    self = .fixed(algorithms, otherwise: otherwise)
  }

  private static func trimmed(_ text: Substring) -> String {
    let isBlank: (Character) -> Bool = \.isWhitespace
    let start = text.drop(while: isBlank)
    return String(start.reversed().drop(while: isBlank).reversed())
  }

  private static func unknown(_ kind: String, _ name: String, allowed: [String]) -> String {
    let nearest = allowed.min { name.editDistance(to: $0) < name.editDistance(to: $1) }
    let suggestion =
      nearest.flatMap { name.editDistance(to: $0) <= $0.count / 2 ? "; did you mean '\($0)'?" : nil } ?? ""
    return "unknown \(kind) '\(name)'; allowed are \(allowed.joined(separator: ", "))\(suggestion)"
  }
}

extension String {
  /// The fewest insertions, deletions and replacements of characters that turn this into `other`, whatever their case
  /// (Levenshtein 1966). O(product of the lengths).
  fileprivate func editDistance(to other: String) -> Int {
    let other = Array(other.lowercased())
    var distances = Array(0...other.count)
    for (row, character) in lowercased().enumerated() {
      var diagonal = distances[0]
      distances[0] = row + 1
      for column in other.indices {
        let replaced = diagonal + (character == other[column] ? 0 : 1)
        diagonal = distances[column + 1]
        distances[column + 1] = Swift.min(replaced, distances[column] + 1, diagonal + 1)
      }
    }
    return distances[other.count]
  }
}
