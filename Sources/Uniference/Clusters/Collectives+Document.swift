import Communication
import Documents
import Quantities

extension AlgorithmSelector {
  /// Reads `gloo`, or a mapping such as `{all_reduce: ring, otherwise: gloo}`.
  init(_ value: DocumentValue, otherwise: AlgorithmSelector) throws(DocumentError) {
    guard case .mapping = value.content else {
      self = try Self.named(value)
      return
    }
    let operations = CollectiveOperation.allCases.map { snakeCase($0.rawValue) }
    let fields = try DocumentFields(value, of: "operations and algorithms", allowed: operations + ["otherwise"])
    let rest = try fields["otherwise"].map(Self.named) ?? otherwise
    var algorithms: [CollectiveOperation: CollectiveAlgorithm] = [:]
    for operation in CollectiveOperation.allCases {
      let operationName = snakeCase(operation.rawValue)
      guard let value = fields[operationName] else { continue }
      let name = try value.text("the name of an algorithm")
      guard let algorithm = operation.algorithms.first(where: { snakeCase($0.rawValue) == name }) else {
        let allowed = operation.algorithms.map { snakeCase($0.rawValue) }
        throw value.error(unknownNameMessage("algorithm for \(operationName)", name, allowed: allowed))
      }
      algorithms[operation] = algorithm
    }
    self = algorithms.isEmpty ? rest : .fixed(algorithms, otherwise: rest)
  }

  private static func named(_ value: DocumentValue) throws(DocumentError) -> AlgorithmSelector {
    let name = try value.text("the name of a library or a mapping of operations to algorithms")
    guard let selector = AlgorithmSelector(named: name) else {
      throw value.error(unknownNameMessage("selector of algorithms", name, allowed: names))
    }
    return selector
  }
}

/// `allReduce` as documents write it: `all_reduce`.
private func snakeCase(_ name: String) -> String {
  name.reduce(into: "") { result, character in
    if character.isUppercase { result += "_" }
    result += character.lowercased()
  }
}
