import Documents
import Foundation
import Quantities

/// The cases of one ledger, from one or several files.
public struct CaseCollection: Sendable {
  /// In the order of the files and in them.
  public private(set) var cases: [PublishedCase] = []
  /// What the files leave out, and why.
  public private(set) var leftOut: [LeftOutMeasurement] = []
  private var places: [String: String] = [:]

  /// Reads files of cases.
  ///
  /// - Parameter isQuick: leaves out rows of tables that are slow, which are many.
  /// - Throws: one line that names file, line and field, the value at fault, and what is allowed.
  public init(contentsOf paths: [String], isQuick: Bool = false) throws(DocumentError) {
    for path in paths { try add(DocumentText(contentsOf: path), isQuick: isQuick) }
  }

  /// Reads the text of a file of cases.
  ///
  /// - Parameter file: its name in errors; paths in it are relative to its folder.
  public init(yaml text: String, file: String = "cases.yaml") throws(DocumentError) {
    try add(DocumentText(path: file, text: text), isQuick: false)
  }

  /// The categories, each once, in order.
  public var categories: [String] {
    var seen: Set<String> = []
    return cases.flatMap(\.categories).filter { seen.insert($0).inserted }
  }

  /// The same without the cases that are not wanted.
  public func filtered(by isWanted: (PublishedCase) -> Bool) -> CaseCollection {
    var collection = self
    collection.cases = cases.filter(isWanted)
    return collection
  }

  private mutating func add(_ document: DocumentText, isQuick: Bool) throws(DocumentError) {
    let value = try DocumentValue(yaml: document.text, file: document.path)
    let fields = try DocumentFields(
      value, of: "the fields of a file of cases", allowed: ["source", "definitions", "cases", "rows", "left_out"])
    let source = try fields["source"]?.name("who published the figures, where")
    let excluded = try addLeftOut(fields)
    var found: [PublishedCase] = []
    for element in try fields["rows"]?.list(of: "tables of measurements and their scenarios") ?? [] {
      let (rows, doubtful) = try ServingRows(element, source: source).cases(isQuick: isQuick)
      found += rows.filter { !excluded.contains($0.id) }
      leftOut += doubtful
    }
    let example = "[{id: A-1, category: ..., scenario: ..., measured: {total_s: 1.9}}]"
    let list = found.isEmpty ? try fields.required("cases", example: example) : fields["cases"]
    for element in try list?.list(of: "cases") ?? [] { found.append(try PublishedCase(element, source: source)) }
    for element in found {
      guard let other = places.updateValue(element.place, forKey: element.id) else {
        cases.append(element)
        continue
      }
      throw DocumentError(
        .file(document.path, line: nil), field: "cases",
        "the id \(element.id) is used twice, at \(other) and at \(element.place)")
    }
  }

  /// - Returns: the ids of what is left out.
  private mutating func addLeftOut(_ fields: DocumentFields) throws(DocumentError) -> Set<String> {
    var ids: Set<String> = []
    for element in try fields["left_out"]?.list(of: "measurements that are left out") ?? [] {
      let fields = try DocumentFields(
        element, of: "the fields of what is left out", allowed: ["id", "what", "reason"])
      leftOut.append(
        LeftOutMeasurement(
          id: try fields.required("id", example: "GF-20").name("what the ledger calls it"),
          what: try fields.required("what", example: "speculative decoding on an A100").name("what was measured"),
          reason: try fields.required("reason", example: "there is no speculative decoding").name("why")))
      if let id = leftOut.last?.id { ids.insert(id) }
    }
    return ids
  }
}
