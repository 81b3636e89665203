/// Changes documents at a few places, as people and programs get them wrong: other numbers, other units, other types, fields
/// left out, doubled, misspelt, nested, and texts that no one expects.
public struct DocumentMutator {
  private var random: Mutations.Random

  /// A mutator that makes the same changes whenever it is made with the same seed.
  public init(seed: UInt64) { random = Mutations.Random(seed: seed) }

  /// The document with one to four changes.
  public mutating func mutated(_ tree: DocumentTree) -> DocumentTree {
    var tree = tree
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      var place = Int.random(in: 0..<max(1, count(tree)), using: &random)
      change(&tree, &place, in: tree)
    }
    return tree
  }

  private func count(_ tree: DocumentTree) -> Int {
    switch tree {
    case .list(let elements): elements.reduce(1) { $0 + count($1) }
    case .mapping(let fields): fields.reduce(1) { $0 + count($1.value) }
    default: 1
    }
  }

  /// Changes the value that stands at `place`, counted from the top.
  private mutating func change(_ tree: inout DocumentTree, _ place: inout Int, in whole: DocumentTree) {
    if place == 0 {
      place = -1
      tree = changed(tree, in: whole)
      return
    }
    place -= 1
    switch tree {
    case .list(var elements):
      for index in elements.indices where place >= 0 { change(&elements[index], &place, in: whole) }
      tree = .list(elements)
    case .mapping(var fields):
      for index in fields.indices where place >= 0 { change(&fields[index].value, &place, in: whole) }
      tree = .mapping(fields)
    default: break
    }
  }

  private mutating func changed(_ tree: DocumentTree, in whole: DocumentTree) -> DocumentTree {
    if Int.random(in: 0..<8, using: &random) == 0 { return wrapped(tree, in: whole) }
    switch tree {
    case .nothing, .boolean: return unexpected()
    case .number: return Bool.random(using: &random) ? .number(number()) : unexpected()
    case .text(let text): return changedText(text)
    case .list(let elements): return changedList(elements)
    case .mapping(let fields): return changedMapping(fields)
    }
  }

  /// A text with a number of its own, if it has one: `1 Gbps` becomes `1e308 Gbps`.
  private mutating func changedText(_ text: String) -> DocumentTree {
    let parts = text.split(separator: " ")
    guard parts.count == 2, Double(parts[0]) != nil, Int.random(in: 0..<4, using: &random) > 0 else {
      if text.contains("="), let range = text.firstRange(of: "="), Bool.random(using: &random) {
        return .text(text[..<range.upperBound] + number())
      }
      return unexpected()
    }
    let units = [
      "bps", "Gbps", "GB/s", "TB/s", "ps", "us", "s", "h", "B", "GiB", "TB", "FLOPS", "EFLOPS", "W", "%", "x", "",
    ]
    let unit = Int.random(in: 0..<4, using: &random) == 0 ? units.randomElement(using: &random) ?? "" : String(parts[1])
    return .text("\(number()) \(unit)")
  }

  private mutating func changedList(_ elements: [DocumentTree]) -> DocumentTree {
    guard let chosen = elements.indices.randomElement(using: &random) else { return .list([unexpected()]) }
    var elements = elements
    switch Int.random(in: 0..<4, using: &random) {
    case 0: elements.remove(at: chosen)
    case 1: elements.append(elements[chosen])
    case 2: elements += Array(repeating: elements[chosen], count: Int.random(in: 2...40, using: &random))
    default: elements.shuffle(using: &random)
    }
    return .list(elements)
  }

  private mutating func changedMapping(_ fields: [DocumentTree.Field]) -> DocumentTree {
    guard let chosen = fields.indices.randomElement(using: &random) else { return unexpected() }
    var fields = fields
    switch Int.random(in: 0..<5, using: &random) {
    case 0: fields.remove(at: chosen)
    case 1: fields.append(fields[chosen])
    case 2: fields[chosen].name = String(fields[chosen].name.dropLast())
    case 3: fields[chosen].name = Mutations.texts.randomElement(using: &random) ?? ""
    default:
      let other = fields.indices.randomElement(using: &random) ?? chosen
      (fields[chosen].value, fields[other].value) = (fields[other].value, fields[chosen].value)
    }
    return .mapping(fields)
  }

  private mutating func wrapped(_ tree: DocumentTree, in whole: DocumentTree) -> DocumentTree {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return .list([tree])
    case 1: return .mapping([.init("x", tree)])
    case 2:
      var nested = tree
      for _ in 0..<Int.random(in: 2...100, using: &random) { nested = .list([nested]) }
      return nested
    default: return whole
    }
  }

  private mutating func unexpected() -> DocumentTree {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: .nothing
    case 1: .boolean(.random(using: &random))
    case 2: .list([])
    case 3: .mapping([])
    case 4: .number(number())
    default: .text(Mutations.texts.randomElement(using: &random) ?? "")
    }
  }

  private mutating func number() -> String {
    switch Int.random(in: 0..<3, using: &random) {
    case 0: "\(Int.random(in: -3...40, using: &random))"
    default: Mutations.numbers.randomElement(using: &random) ?? "0"
    }
  }
}
