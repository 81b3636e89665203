import Documents
import Foundation
import Models
import Predictions
import Uniference

/// Documents made of one scenario: with fields set, devices left out, a strategy and a placement chosen. What is planned is
/// read from such a document, so that it is what `simulate` reads of the document in a file.
struct ScenarioVariants: Sendable {
  private let base: DocumentValue
  private let name: String

  init(_ scenario: DocumentValue, name: String) {
    base = scenario
    self.name = name
  }

  /// The scenario with fields set and its cluster inside.
  func document(settings: [DocumentOverride]) throws(DocumentError) -> DocumentValue {
    var document = base
    let intoCluster = try Scenario.apply(settings, to: &document)
    // Each has strategies of its own.
    document.set("strategy", to: nil)
    document.set("placement", to: nil)
    guard var cluster = document["cluster"] else { return document }
    if case .scalar = cluster.content {
      let text = try cluster.referencedFile()
      cluster = try DocumentValue(yaml: text.text, file: text.path)
      if cluster["name"] == nil {
        let stem = URL(fileURLWithPath: text.path).deletingPathExtension().lastPathComponent
        cluster.set("name", to: cluster.replaced(by: .scalar(stem)))
      }
    }
    for override in intoCluster { try cluster.apply(override) }
    document.set("cluster", to: cluster)
    if document["name"] == nil { document.set("name", to: document.replaced(by: .scalar(name))) }
    return document
  }

  /// Reads a document.
  func scenario(_ document: DocumentValue) throws(DocumentError) -> Scenario { try Scenario(document, name: name) }

  /// The same document with some devices only.
  ///
  /// Entries of which the first ones stay keep their name, and so does what is said of their links.
  ///
  /// - Parameters:
  ///   - names: of all devices, in the cluster's order.
  ///   - kept: which of them stay.
  static func keeping(_ kept: Set<String>, of names: [String], in document: DocumentValue) -> DocumentValue {
    guard var cluster = document["cluster"], let devices = cluster["devices"],
      case .list(let elements) = devices.content
    else { return document }
    var rest = names[...]
    var entries: [DocumentValue] = []
    for element in elements {
      var count = 1
      if case .scalar(let text)? = element["count"]?.content { count = Int(text) ?? 1 }
      let own = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      entries += Self.entries(element, of: own, keeping: own.filter(kept.contains))
    }
    cluster.set("devices", to: devices.replaced(by: .list(entries)))
    var smaller = document
    smaller.set("cluster", to: cluster)
    return smaller
  }

  private static func entries(_ entry: DocumentValue, of names: [String], keeping kept: [String]) -> [DocumentValue] {
    if kept == names { return [entry] }
    if kept.count > 1, kept.elementsEqual(names.prefix(kept.count)) {
      var shorter = entry
      shorter.set("count", to: entry.replaced(by: .scalar("\(kept.count)")))
      return [shorter]
    }
    return kept.map { name in
      var single = entry
      single.set("count", to: nil)
      single.set("name", to: entry.replaced(by: .scalar(name)))
      return single
    }
  }

  /// The same document with a strategy, and with the devices that play its parts where these were a choice.
  static func choosing(
    _ strategy: ParallelStrategy, on devices: [String]?, in document: DocumentValue
  ) -> DocumentValue {
    var chosen = document
    chosen.set("strategy", to: document.replaced(by: .scalar("\(strategy)")))
    if let devices {
      chosen.set("placement", to: document.replaced(by: .list(devices.map { document.replaced(by: .scalar($0)) })))
    }
    return chosen
  }
}
