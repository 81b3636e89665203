import Foundation
import Inputs
import Yams

extension DocumentValue {
  /// More values than any sensible document has; aliases of aliases would otherwise grow without bounds.
  private static let maximumValueCount = 200_000
  private static let maximumDepth = 64
  /// Characters that separate values: more of them than that, and reading the text would fill the memory.
  private static let maximumSeparatorCount = 4 * maximumValueCount

  /// Reads the text of a file.
  ///
  /// - Parameter file: the file's name in errors.
  /// - Throws: with the line, for a text that is not YAML, is empty, or names a field twice.
  package init(yaml text: String, file: String) throws(DocumentError) {
    self = try Self.compose(text, field: "") { .file(file, line: $0) }
    if case .nothing = content { throw error("the file is empty") }
  }

  /// Reads the value of an override: text as it stands, or a YAML list or mapping in brackets.
  package init(overriding text: String, field: String, origin: DocumentError.Origin) throws(DocumentError) {
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
    let separators = text.utf8.count { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "\n") }
    let openings = text.utf8.count { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "-") }
    guard separators + openings <= maximumSeparatorCount else {
      throw DocumentError(origin(1), field: "", "the document has more than \(maximumValueCount) values")
    }
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
      var names: Set<String> = []
      var merged: [DocumentValue] = []
      for (key, element) in mapping {
        let keyOrigin = origin(key.mark?.line ?? line)
        guard let scalar = key.scalar else {
          throw DocumentError(keyOrigin, field: field, "the name of a field must be text")
        }
        let name = scalar.string
        guard names.insert(name).inserted else {
          throw DocumentError(keyOrigin, field: value.path(to: name), "is given more than once; write it once")
        }
        let isMerge = name == "<<" && scalar.style == .plain
        let element = try convert(
          element, field: isMerge ? field : value.path(to: name), line: line, depth: depth + 1, remaining: &remaining,
          origin: origin)
        if isMerge {
          merged.append(element)
        } else {
          entries.append(Entry(name: name, nameOrigin: keyOrigin, value: element))
        }
      }
      for other in merged { try merge(other, into: &entries, &names) }
      value.content = .mapping(entries)
    case .alias: throw value.error("an alias without its anchor")
    }
    return value
  }

  /// Adds the fields of another mapping, or of several, that are not there yet: YAML's merge key, `<<: *other`
  /// (https://yaml.org/type/merge.html). Of several, the first one that has a field gives it.
  private static func merge(
    _ other: DocumentValue, into entries: inout [Entry], _ names: inout Set<String>
  ) throws(DocumentError) {
    switch other.content {
    case .mapping(let more):
      for entry in more where names.insert(entry.name).inserted { entries.append(entry) }
    case .list(let others):
      for element in others {
        guard case .mapping = element.content else { throw element.error("<< merges mappings, found \(element.shown)") }
        try merge(element, into: &entries, &names)
      }
    case .nothing, .scalar: throw other.error("<< merges a mapping, such as <<: *other, found \(other.shown)")
    }
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
