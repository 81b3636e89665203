import Documents
import SimulationKernel

/// Which combinations of values a sweep tries.
public enum Sampling: Hashable, Sendable {
  /// Each with each.
  case grid
  /// So many, drawn independently.
  case random(Int)
  /// So many that each field's extent is covered evenly: each has one value in each of as many equal parts (McKay,
  /// Beckman and Conover, Technometrics 21, 1979).
  case latinHypercube(Int)

  /// The most points of a sweep.
  static let limit = 10_000_000

  /// Combinations in order, one value for each field.
  package func combinations(of fields: [SweptField], seed: UInt64) -> [[String]] {
    switch self {
    case .grid:
      return fields.reduce([[]]) { combinations, field in
        combinations.flatMap { combination in field.values.map { combination + [$0] } }
      }
    case .random(let count):
      var random = RandomStream(seed: seed, stream: Self.stream)
      return (0..<count).map { _ in fields.map { $0.value(at: random.nextUnit()) } }
    case .latinHypercube(let count):
      var random = RandomStream(seed: seed, stream: Self.stream)
      let columns = fields.map { field in
        Self.shuffled(count, &random).map { field.value(at: (Double($0) + random.nextUnit()) / Double(count)) }
      }
      return (0..<count).map { row in columns.map { $0[row] } }
    }
  }

  private static let stream: UInt64 = 0x5357_4545_50

  /// The numbers from 0 on in an order of chance (Fisher and Yates).
  private static func shuffled(_ count: Int, _ random: inout RandomStream) -> [Int] {
    var numbers = Array(0..<count)
    for last in numbers.indices.dropFirst().reversed() {
      numbers.swapAt(last, Int(random.nextUnit() * Double(last + 1)))
    }
    return numbers
  }
}

extension Sampling {
  private static let words = ["grid", "random", "latin-hypercube"]

  /// Reads `grid`, `{random: 100}` or `{latin-hypercube: 200}`.
  init(_ value: DocumentValue) throws(DocumentError) {
    if case .scalar("grid") = value.content {
      self = .grid
      return
    }
    let allowed = "write grid, {random: 100} or {latin-hypercube: 200}"
    guard case .mapping(let entries) = value.content, let entry = entries.first, entries.count == 1 else {
      throw value.error("\(value.shown) is no sample; \(allowed)")
    }
    let count = try entry.value.integer(in: 1...Self.limit)
    switch entry.name {
    case "random": self = .random(count)
    case "latin-hypercube": self = .latinHypercube(count)
    default: throw value.error("there is no sample \"\(entry.name)\"; \(allowed)")
    }
  }
}
