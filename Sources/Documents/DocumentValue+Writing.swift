import Foundation
import Yams

extension DocumentValue {
  /// A mapping's value; `nil` where there is none, or this is no mapping.
  package subscript(name: String) -> DocumentValue? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.name == name }?.value
  }

  /// Sets a field of a mapping, at its end where it is new; `nil` removes it. Nothing happens to what is no mapping.
  package mutating func set(_ name: String, to value: DocumentValue?) {
    guard case .mapping(var entries) = content else { return }
    guard let value else {
      entries.removeAll { $0.name == name }
      return content = .mapping(entries)
    }
    if let index = entries.firstIndex(where: { $0.name == name }) {
      entries[index].value = value
    } else {
      entries.append(Entry(name: name, nameOrigin: origin, value: value))
    }
    content = .mapping(entries)
  }

  /// A value that stands where this one does.
  package func replaced(by content: Content) -> DocumentValue {
    DocumentValue(content: content, origin: origin, field: field)
  }

  /// The value as a YAML document, which reads as the same value wherever it is put: paths of files that are there become
  /// absolute.
  package func yamlText() throws -> String { try Yams.serialize(node: node, width: 100, allowUnicode: true) }

  private var node: Node {
    switch content {
    case .nothing: return Node("null", Tag(.null))
    case .scalar(let text):
      let written = movable(text)
      let isKeyword = ["", "~", "null", "Null", "NULL"].contains(written)
      return Node(written, .implicit, isKeyword ? .singleQuoted : .any)
    case .list(let elements):
      let isShort = elements.allSatisfy { if case .scalar = $0.content { true } else { false } }
      return .sequence(Node.Sequence(elements.map(\.node), .implicit, isShort ? .flow : .any))
    case .mapping(let entries):
      return .mapping(Node.Mapping(entries.map { (Node($0.name), $0.value.node) }))
    }
  }

  /// A file's path from anywhere; other texts as they are.
  private func movable(_ text: String) -> String {
    let endings = [".json", ".yaml", ".yml", ".gguf", ".safetensors"]
    let mayBePath = text.contains("/") || endings.contains { text.hasSuffix($0) }
    guard mayBePath, let path = try? referencedPath(), FileManager.default.fileExists(atPath: path) else { return text }
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }
}
