import Foundation
import Results
import Yams

extension DocumentValue {
  /// More values than any sensible document has; aliases of aliases would otherwise grow without bounds.
  private static let maximumValueCount = 200_000
  private static let maximumDepth = 64

  /// Reads the text of a file.
  ///
  /// - Parameter file: the file's name in errors.
  /// - Throws: with the line, for a text that is not YAML, is empty, or names a field twice.
  package init(yaml text: String, file: String) throws(DocumentError) {
    self = try Self.compose(text, field: "") { .file(file, line: $0) }
    if case .nothing = content { throw error("the file is empty") }
  }

  /// Reads the value of an override: text as it stands, or a YAML list or mapping in brackets.
  init(overriding text: String, field: String, origin: DocumentError.Origin) throws(DocumentError) {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    if trimmed.hasPrefix("[") || trimmed.hasPrefix("{") {
      self = try Self.compose(trimmed, field: field) { _ in origin }
    } else {
      self.init(content: trimmed.isEmpty ? .nothing : .scalar(trimmed), origin: origin, field: field)
    }
  }

  private static func compose(
    _ text: String, field: String, origin: (Int) -> DocumentError.Origin
  ) throws(DocumentError) -> DocumentValue {
    do {
      let node = try Yams.compose(yaml: text, .basic)
      guard let node else { return DocumentValue(content: .nothing, origin: origin(1), field: field) }
      var remaining = maximumValueCount
      return try convert(node, field: field, line: 1, depth: 0, remaining: &remaining, origin: origin)
    } catch let error as DocumentError {
      throw error
    } catch {
      let (line, message) = explain(error, in: text)
      throw DocumentError(origin(line), field: "", message)
    }
  }

  private static func convert(
    _ node: Node, field: String, line: Int, depth: Int, remaining: inout Int, origin: (Int) -> DocumentError.Origin
  ) throws(DocumentError) -> DocumentValue {
    let line = node.mark?.line ?? line
    var value = DocumentValue(content: .nothing, origin: origin(line), field: field)
    remaining -= 1
    guard remaining > 0 else { throw value.error("the document has more than \(maximumValueCount) values") }
    guard depth < maximumDepth else { throw value.error("the document is nested more than \(maximumDepth) deep") }
    switch node {
    case .scalar(let scalar):
      let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
      if !isNull { value.content = .scalar(scalar.string) }
    case .sequence(let sequence):
      var elements: [DocumentValue] = []
      for (index, element) in sequence.enumerated() {
        elements.append(
          try convert(
            element, field: value.path(to: index), line: line, depth: depth + 1, remaining: &remaining,
            origin: origin))
      }
      value.content = .list(elements)
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, element) in mapping {
        let keyOrigin = origin(key.mark?.line ?? line)
        guard let name = key.scalar?.string else {
          throw DocumentError(keyOrigin, field: field, "the name of a field must be text")
        }
        guard !entries.contains(where: { $0.name == name }) else {
          throw DocumentError(keyOrigin, field: value.path(to: name), "is given more than once; write it once")
        }
        let element = try convert(
          element, field: value.path(to: name), line: line, depth: depth + 1, remaining: &remaining, origin: origin)
        entries.append(Entry(name: name, nameOrigin: keyOrigin, value: element))
      }
      value.content = .mapping(entries)
    case .alias: throw value.error("an alias without its anchor")
    }
    return value
  }

  /// The line and the reason of an error of Yams.
  private static func explain(_ error: any Error, in text: String) -> (line: Int, message: String) {
    func message(_ context: YamlError.Context?, _ problem: String) -> String {
      "not YAML: " + (context.map { "\($0.text), " } ?? "") + problem
    }
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      return (mark.line, message(context, problem))
    case .reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0).utf8.count { $0 == UInt8(ascii: "\n") }
      return (before + 1, message(nil, problem))
    case .duplicatedKeysInMapping(let duplicates, let context):
      let names = duplicates.sorted().map { "\"\(quotable($0))\"" }.joined(separator: ", ")
      return (context.mark.line, "\(names) is given more than once; write it once")
    default:
      return (1, "not YAML: \(error)")
    }
  }
}

/// A file's contents as they were when it was read.
public struct DocumentText: Hashable, Sendable {
  /// The file as the user or another file named it.
  public let path: String
  /// All of it.
  public let text: String

  /// - Throws: when the file cannot be read or is not UTF-8.
  package init(contentsOf path: String) throws(DocumentError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let reason = FileError(error, operation: "read", path: path).reason
      throw DocumentError(.file(path, line: nil), field: "", "cannot be read: \(reason)", isUnreadable: true)
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let repaired = String(decoding: data, as: UTF8.self)
      let line = repaired.prefix { $0 != "\u{FFFD}" }.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      throw DocumentError(.file(path, line: line), field: "", "not YAML: the text is not UTF-8")
    }
    self.path = path
    self.text = text
  }

  init(path: String, text: String) {
    self.path = path
    self.text = text
  }
}
