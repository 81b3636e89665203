import Documents
import Foundation
import Inputs

/// A field of a scenario that a sweep varies, and the values that it takes.
public struct SweptField: Hashable, Sendable {
  /// The path to the field, as `--set` takes it: `network.link.bandwidth`, `strategy`.
  public let path: String
  /// The values, each as `--set` takes it. A range has its `count` values from end to end.
  public let values: [String]
  /// The range that a sample may take any value of; `nil` for a list.
  let range: ValueRange?

  /// The value at a part of the field's extent, as samples that are no grid take it.
  ///
  /// - Parameter part: from 0 to 1, without 1. A list's values have equal parts.
  func value(at part: Double) -> String {
    range?.value(at: part) ?? values[min(values.count - 1, Int(part * Double(values.count)))]
  }
}

extension SweptField {
  /// Reads a list of values, or a range `{from: 100 Mbps, to: 10 Gbps, count: 5, scale: log}`.
  package init(_ path: String, _ value: DocumentValue) throws(DocumentError) {
    self.path = path
    switch value.content {
    case .list(let elements):
      guard !elements.isEmpty else { throw value.error("the list is empty; write the values that \(path) takes") }
      values = try elements.map { (element) throws(DocumentError) in try element.settingText() }
      guard Set(values).count == values.count else {
        throw value.error("a value stands twice in the list; write each once, and repeat: N for several seeds")
      }
      range = nil
    case .mapping:
      let range = try ValueRange(value)
      values = range.values
      self.range = range
    case .scalar, .nothing:
      throw value.error(
        "expected a list such as [1, 2, 4], or a range {from: 1, to: 64, count: 7}, found \(value.shown)")
    }
  }
}

extension DocumentValue {
  /// The value as `--set` takes it: a scalar as it stands, lists and mappings in YAML's brackets.
  fileprivate func settingText() throws(DocumentError) -> String {
    switch content {
    case .nothing: throw error("expected a value, found nothing")
    case .scalar(let text): return text
    case .list, .mapping: return try bracketedText()
    }
  }

  private func bracketedText() throws(DocumentError) -> String {
    switch content {
    case .nothing: return "null"
    case .scalar(let text): return jsonString(text)
    case .list(let elements):
      let texts = try elements.map { (element) throws(DocumentError) in try element.bracketedText() }
      return "[\(texts.joined(separator: ", "))]"
    case .mapping(let entries):
      let texts = try entries.map { (entry) throws(DocumentError) in
        "\(jsonString(entry.name)): \(try entry.value.bracketedText())"
      }
      return "{\(texts.joined(separator: ", "))}"
    }
  }
}

/// A text in quotation marks as JSON and YAML read them; plain where it needs none.
private func jsonString(_ text: String) -> String {
  let isPlain = !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "._-+/% ".contains($0) }
  if isPlain, text.first?.isWhitespace == false, text.last?.isWhitespace == false, text.first != "-" { return text }
  let encoded = try? JSONEncoder().encode(text)
  return encoded.map { String(decoding: $0, as: UTF8.self) } ?? text
}
