import Communication

/// The smallest real payload: numbers on the host.
struct Values<Element: BinaryFloatingPoint & Sendable>: Payload, Equatable {
  var elements: [Element]

  init(_ elements: [Element]) { self.elements = elements }

  init(repeating element: Element, count: Int) { elements = Array(repeating: element, count: count) }

  var elementCount: Int { elements.count }
  var elementByteCount: Int { MemoryLayout<Element>.size }
  var elementName: String { "\(Element.self)" }

  func elements(in range: Range<Int>) -> Self { Self(Array(elements[range])) }

  static func concatenating(_ parts: [Self]) -> Self { Self(parts.flatMap(\.elements)) }

  static func reducing(_ contributions: [Self], with reduction: ReductionOperator) -> Self {
    var result = contributions[0].elements
    for contribution in contributions.dropFirst() {
      for (index, element) in contribution.elements.enumerated() {
        switch reduction {
        case .sum, .average: result[index] += element
        case .product: result[index] *= element
        case .minimum: result[index] = min(result[index], element)
        case .maximum: result[index] = max(result[index], element)
        case .bitwiseAnd: result[index] = Element(Int(result[index]) & Int(element))
        case .bitwiseOr: result[index] = Element(Int(result[index]) | Int(element))
        case .bitwiseExclusiveOr: result[index] = Element(Int(result[index]) ^ Int(element))
        }
      }
    }
    if reduction == .average { result = result.map { $0 / Element(contributions.count) } }
    return Self(result)
  }
}
