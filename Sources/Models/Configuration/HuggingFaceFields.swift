import Foundation

/// The fields of a Hugging Face `config.json`, read with errors that name file, field, value and what is allowed.
struct HuggingFaceFields {
  let file: String
  /// Leads to the fields from the top of the file, such as `rope_scaling.`.
  private let prefix: String
  private let fields: [String: JSONValue]

  init(_ data: Data, file: String) throws(ConfigurationError) {
    let value: JSONValue
    do {
      value = try JSONDecoder().decode(JSONValue.self, from: data)
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

  func error(_ field: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(file: file, field: prefix + field, value: self[field]?.shown, rule: rule)
  }

  /// A field that must be an integer of 1 or more.
  ///
  /// - Parameter missing: the value of a field that is not there, or `nil` when it must be.
  func positiveInteger(_ field: String, ifMissing missing: Int? = nil) throws(ConfigurationError) -> Int {
    guard let value = self[field] else {
      if let missing { return missing }
      throw error(field, "it must be a positive integer")
    }
    guard case .number(let number) = value, let integer = Int(exactly: number), integer > 0 else {
      throw error(field, "it must be a positive integer")
    }
    return integer
  }

  func positiveNumber(_ field: String, ifMissing missing: Double? = nil) throws(ConfigurationError) -> Double {
    guard let value = self[field] else {
      if let missing { return missing }
      throw error(field, "it must be a positive number")
    }
    guard case .number(let number) = value, number > 0, number.isFinite else {
      throw error(field, "it must be a positive number")
    }
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
