import ArgumentParser
import Ledger
import Predictions
import Reports
import Results
import Uniference

/// `uniference compare`.
struct CompareCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Lay two run records side by side: a prediction and a real run, or two predictions.",
    discussion: """
      Inputs that differ are listed first: fields of the cluster and the scenario, model, strategy, seed, versions. The \
      first record is taken as the prediction of the second one where an accuracy is told.
      """)

  @Argument(help: ArgumentHelp("A run record: its folder, or its name in the list of uniference runs.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("Another one.", valueName: "b"))
  var second: String

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let records = try [first, second].map { try RunRecord.read(from: RecordFolder.path(ofRecord: $0)) }
    let comparison = try RunComparison(records[0], records[1])
    let output = ComparedRecords(
      differences: RunDifferences(records[0].manifest, records[1].manifest), comparison: comparison,
      interval: try comparison.intervals(records.map(\.manifest)))
    try StandardOutput.print(json ? try jsonText(output) : output.text(tables.format))
  }
}

/// What `uniference compare` prints: which inputs differ, and what came of them.
struct ComparedRecords: Encodable {
  let differences: RunDifferences
  let comparison: RunComparison
  /// Whether the difference is larger than what predictions have been off by; `nil` where neither is a prediction.
  let interval: ComparedIntervals?

  func encode(to encoder: any Encoder) throws {
    try comparison.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(differences, forKey: .differences)
    try container.encode(interval, forKey: .interval)
  }

  private enum CodingKeys: String, CodingKey { case differences, interval }

  /// The same for people.
  func text(_ format: TableFormat) -> String {
    let text = comparison.text(inputs: inputs(format), format: format)
    return interval.map { text + "\n" + format.wrapped($0.text) } ?? text
  }

  private func inputs(_ format: TableFormat) -> String {
    guard !differences.differences.isEmpty else { return "The inputs are the same.\n" }
    var table = TextTable(columns: [.init("input"), .init("A"), .init("B")])
    for difference in differences.differences {
      table.append([difference.input, shortened(difference.a), shortened(difference.b)])
    }
    return table.rendered(format)
  }

  private func shortened(_ text: String?) -> String {
    guard let line = text?.split(separator: "\n").first else { return "-" }
    return line.count > 60 ? line.prefix(57) + "..." : String(line)
  }
}

extension RunComparison {
  /// Whether the whole runs differ by more than predictions have been off by; `nil` where none is a scenario's.
  fileprivate func intervals(_ manifests: [RunManifest]) throws -> ComparedIntervals? {
    guard manifests.contains(where: { $0.inputs.scenario != nil }), let whole = milestones.first, let a = whole.a_s,
      let b = whole.b_s
    else { return nil }
    return ComparedIntervals(manifests[0], a, manifests[1], b, try PublishedFolder.shipped?.residuals())
  }
}
