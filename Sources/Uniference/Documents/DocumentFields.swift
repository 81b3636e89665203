/// The fields of a mapping, of which only known ones are allowed. Fields without a value count as left out.
package struct DocumentFields {
  package let mapping: DocumentValue
  private let values: [String: DocumentValue]

  /// - Throws: when the value is no mapping or has a field that is not among `allowed`.
  package init(_ mapping: DocumentValue, of kind: String, allowed: [String]) throws(DocumentError) {
    var values: [String: DocumentValue] = [:]
    for entry in try mapping.entries(of: "\(kind) (\(allowed.joined(separator: ", ")))") {
      guard allowed.contains(entry.name) else {
        throw DocumentError(
          entry.nameOrigin, field: mapping.path(to: entry.name),
          unknownNameMessage("field", entry.name, allowed: allowed))
      }
      if case .nothing = entry.value.content { continue }
      values[entry.name] = entry.value
    }
    self.mapping = mapping
    self.values = values
  }

  package subscript(name: String) -> DocumentValue? { values[name] }

  /// A field that must be there.
  /// - Parameter example: what to write.
  package func required(_ name: String, example: String) throws(DocumentError) -> DocumentValue {
    if let value = values[name] { return value }
    throw DocumentError(
      mapping.origin, field: mapping.path(to: name), "is missing; write for example \(name): \(example)")
  }
}
