import Inputs
import Quantities

/// A value of a YAML document that knows where it was written, so that whoever decodes it can say so.
package struct DocumentValue: Sendable {
  package indirect enum Content: Sendable {
    /// Nothing stands after the field's name, or `null`.
    case nothing
    case scalar(String)
    case list([DocumentValue])
    case mapping([Entry])
  }

  package struct Entry: Sendable {
    package let name: String
    package let nameOrigin: DocumentError.Origin
    package var value: DocumentValue
  }

  package var content: Content
  package var origin: DocumentError.Origin
  /// The path from the top of the document: `devices[0].count`; empty at the top.
  package let field: String

  package func path(to name: String) -> String { field.isEmpty ? name : "\(field).\(name)" }

  package func path(to index: Int) -> String { "\(field)[\(index)]" }

  /// The file, line and field, as errors begin.
  package var place: String {
    let text = error("").description
    return String(text.prefix(upTo: text.lastIndex(of: ":") ?? text.endIndex))
  }

  package func error(_ message: String) -> DocumentError { DocumentError(origin, field: field, message) }

  /// The value as an error message shows it.
  package var shown: String {
    switch content {
    case .nothing: "nothing"
    case .scalar(let text): "\"\(quotable(text))\""
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }
}

// MARK: Decoding

extension DocumentValue {
  /// The text of a scalar.
  /// - Parameter expected: what should stand here, with its article, for the error.
  package func text(_ expected: String) throws(DocumentError) -> String {
    guard case .scalar(let text) = content else { throw error("expected \(expected), found \(shown)") }
    return text
  }

  /// A text that is not blank.
  package func name(_ expected: String) throws(DocumentError) -> String {
    let text = try text(expected)
    guard text.contains(where: { !$0.isWhitespace }) else { throw error("expected \(expected), found \(shown)") }
    return text
  }

  package func list(of expected: String) throws(DocumentError) -> [DocumentValue] {
    guard case .list(let elements) = content else { throw error("expected a list of \(expected), found \(shown)") }
    return elements
  }

  package func entries(of expected: String) throws(DocumentError) -> [Entry] {
    guard case .mapping(let entries) = content else {
      throw error("expected a mapping of \(expected), found \(shown)")
    }
    return entries
  }

  package func boolean() throws(DocumentError) -> Bool {
    switch try text("true or false") {
    case "true": return true
    case "false": return false
    default: throw error("expected true or false, found \(shown)")
    }
  }

  package func integer(in range: ClosedRange<Int>) throws(DocumentError) -> Int {
    let text = try text("a whole number")
    guard let integer = Int(text), range.contains(integer) else {
      let bounds =
        range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw error("\(shown) is not allowed: write a whole number \(bounds)")
    }
    return integer
  }

  package func quantity<Quantity: ParsableQuantity>(
    _ type: Quantity.Type, _ bounds: QuantityBounds
  ) throws(DocumentError) -> Quantity {
    let text = try text("a number with its unit")
    do throws(QuantityError) {
      return try Quantity(parsing: text, bounds)
    } catch {
      throw self.error("\(error)")
    }
  }

  package func ratio(_ bounds: QuantityBounds) throws(DocumentError) -> Double {
    try quantity(Ratio.self, bounds).value
  }

  /// One of a few words.
  package func choice<Choice: CaseIterable & RawRepresentable>(
    _ kind: String, of type: Choice.Type
  ) throws(DocumentError) -> Choice where Choice.RawValue == String {
    let text = try text("a \(kind)")
    guard let choice = Choice(rawValue: text) else {
      throw error(unknownNameMessage(kind, text, allowed: Choice.allCases.map(\.rawValue)))
    }
    return choice
  }
}
