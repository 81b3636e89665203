import Quantities

/// The fields of a mapping, of which only known ones are allowed. Fields without a value count as left out.
package struct DocumentFields {
  package let mapping: DocumentValue
  private let values: [String: DocumentValue]
  /// A line for each field that has its former name, with the name that it has now.
  package let hints: [String]

  /// - Parameter renamed: the names of today by former ones, which are still understood.
  /// - Throws: when the value is no mapping, has a field that is not among `allowed`, or one under both of its names.
  package init(
    _ mapping: DocumentValue, of kind: String, allowed: [String], renamed: [String: String] = [:]
  ) throws(DocumentError) {
    var values: [String: DocumentValue] = [:]
    var hints: [String] = []
    for entry in try mapping.entries(of: "\(kind) (\(allowed.joined(separator: ", ")))") {
      let name = renamed[entry.name] ?? entry.name
      func error(_ message: String) -> DocumentError {
        DocumentError(entry.nameOrigin, field: mapping.path(to: entry.name), message)
      }
      guard allowed.contains(name) else { throw error(unknownNameMessage("field", name, allowed: allowed)) }
      if case .nothing = entry.value.content { continue }
      guard values[name] == nil else {
        throw error("\(name) is given twice, since one of its names is a former one; leave one out")
      }
      if name != entry.name { hints.append("\(error("is called \(name) now"))") }
      values[name] = entry.value
    }
    self.mapping = mapping
    self.values = values
    self.hints = hints
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
