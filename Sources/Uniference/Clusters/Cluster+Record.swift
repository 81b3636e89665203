import Documents
import Results

extension Cluster {
  /// The cluster that a run's record holds, under what was set then and what is set now.
  ///
  /// - Parameters:
  ///   - record: its folder, for errors.
  ///   - texts: receives the text of every file that the cluster was read from, its own first.
  /// - Throws: `RunRecordError` where the record does not hold its cluster; what is wrong with a setting.
  package init(
    recordedIn inputs: RunInputs, of record: String, settings: [DocumentOverride] = [], texts: inout [DocumentText]
  ) throws {
    guard let text = inputs.cluster else {
      throw RunRecordError(path: record, problem: "does not hold its cluster; give one by --cluster")
    }
    let overrides = try (inputs.settings ?? []).map { try DocumentOverride(parsing: $0) } + settings
    let document = DocumentText(path: "\(inputs.clusterName ?? "cluster").yaml", text: text)
    var read: [DocumentText] = []
    self = try DocumentText.$kept.withValue(inputs.files ?? [:]) {
      try Cluster(document: document, overrides: overrides, texts: &read)
    }
    texts = read
  }
}
