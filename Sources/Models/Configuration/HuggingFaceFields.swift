import Foundation
import Inputs

/// The fields of a Hugging Face `config.json`, read with errors that name file, field, value and what is allowed.
struct HuggingFaceFields {
  let file: String
  /// Leads to the fields from the top of the file, such as `rope_scaling.`.
  private let prefix: String
  private let fields: [String: JSONValue]

  init(_ data: Data, file: String) throws(ConfigurationError) {
    guard data.count <= ModelFolder.longestConfiguration else {
      throw ConfigurationError(
        file: file,
        rule: "has \(data.count) bytes; a Hugging Face config.json has at most \(ModelFolder.longestConfiguration)")
    }
    let value: JSONValue
    do {
      value = try JSONDecoder().decode(JSONValue.self, from: data.withoutByteOrderMark)
    } catch {
      throw ConfigurationError(file: file, rule: "is not JSON; it must be a Hugging Face config.json")
    }
    guard case .object(let fields) = value else {
      throw ConfigurationError(file: file, rule: "holds \(value.shown), it must hold one JSON object")
    }
    self.init(file: file, prefix: "", fields: fields)
  }

  private init(file: String, prefix: String, fields: [String: JSONValue]) {
    self.file = file
    self.prefix = prefix
    self.fields = fields
  }

  /// The value of a field; JSON's `null` counts as missing.
  subscript(field: String) -> JSONValue? {
    guard let value = fields[field], value != .null else { return nil }
    return value
  }

  /// The names of the fields that are there, in no order.
  var names: [String] { fields.compactMap { $0.value == .null ? nil : $0.key } }

  /// The path to a field from the top of the file.
  func path(_ field: String) -> String { prefix + field }

  func error(_ field: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(file: file, field: prefix + field, value: self[field]?.shown, rule: rule)
  }

  /// A field that must be an integer from 1 to `largest`.
  ///
  /// - Parameter missing: the value of a field that is not there, or `nil` when it must be.
  func positiveInteger(
    _ field: String, ifMissing missing: Int? = nil, atMost largest: Int
  ) throws(ConfigurationError) -> Int {
    let integer = try integer(field, ifMissing: missing, rule: "it must be a positive integer", from: 1)
    guard integer <= largest else { throw error(field, "it must be a positive integer, at most \(largest)") }
    return integer
  }

  /// A field that must be an integer from 0 to `largest`.
  func wholeNumber(
    _ field: String, ifMissing missing: Int? = nil, atMost largest: Int
  ) throws(ConfigurationError) -> Int {
    let rule = "it must be a whole number from 0 to \(largest)"
    let integer = try integer(field, ifMissing: missing, rule: rule, from: 0)
    guard integer <= largest else { throw error(field, rule) }
    return integer
  }

  private func integer(
    _ field: String, ifMissing missing: Int?, rule: String, from smallest: Int
  ) throws(ConfigurationError) -> Int {
    guard let value = self[field] else {
      if let missing { return missing }
      throw error(field, rule)
    }
    guard case .number(let number) = value, number >= Double(smallest), number == number.rounded() else {
      throw error(field, rule)
    }
    return Int(exactly: number) ?? .max
  }

  /// A list of so many texts, one for each layer; `nil` where there is none.
  func strings(_ field: String, count: Int) throws(ConfigurationError) -> [String]? {
    try elements(field, count: count, of: "strings") { if case .string(let text) = $0 { text } else { nil } }
  }

  /// A list of so many numbers, one for each layer; `nil` where there is none.
  func numbers(_ field: String, count: Int) throws(ConfigurationError) -> [Double]? {
    try elements(field, count: count, of: "numbers") { if case .number(let number) = $0 { number } else { nil } }
  }

  private func elements<Element>(
    _ field: String, count: Int, of kind: String, _ element: (JSONValue) -> Element?
  ) throws(ConfigurationError) -> [Element]? {
    guard let value = self[field] else { return nil }
    guard case .array(let values) = value, values.count == count else {
      throw error(field, "it must be a list of \(count) \(kind), one for each layer")
    }
    let elements = values.compactMap(element)
    guard elements.count == count else { throw error(field, "it must be a list of \(count) \(kind)") }
    return elements
  }

  func positiveNumber(_ field: String, ifMissing missing: Double? = nil) throws(ConfigurationError) -> Double {
    guard let value = self[field] else {
      if let missing { return missing }
      throw error(field, "it must be a positive number")
    }
    guard case .number(let number) = value, number > 0, number.isFinite else {
      throw error(field, "it must be a positive number")
    }
    guard (1e-30...1e30).contains(number) else { throw error(field, "it must lie between 1e-30 and 1e30") }
    return number
  }

  func bool(_ field: String, ifMissing missing: Bool) throws(ConfigurationError) -> Bool {
    guard let value = self[field] else { return missing }
    guard case .bool(let bool) = value else { throw error(field, "it must be true or false") }
    return bool
  }

  func string(_ field: String) throws(ConfigurationError) -> String? {
    guard let value = self[field] else { return nil }
    guard case .string(let string) = value else { throw error(field, "it must be a string") }
    return string
  }

  /// The fields of an object within this one.
  func object(_ field: String) throws(ConfigurationError) -> HuggingFaceFields? {
    guard let value = self[field] else { return nil }
    guard case .object(let inner) = value else { throw error(field, "it must be an object") }
    return HuggingFaceFields(file: file, prefix: "\(prefix)\(field).", fields: inner)
  }
}
