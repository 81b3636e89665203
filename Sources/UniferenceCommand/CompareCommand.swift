import ArgumentParser
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

  @Argument(help: ArgumentHelp("A run record.", valueName: "a.run"))
  var first: String

  @Argument(help: ArgumentHelp("Another one.", valueName: "b.run"))
  var second: String

  @OptionGroup var tables: TableOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let records = [try RunRecord.read(from: first), try RunRecord.read(from: second)]
    let output = ComparedRecords(
      differences: RunDifferences(records[0].manifest, records[1].manifest),
      comparison: try RunComparison(records[0], records[1]))
    try StandardOutput.print(json ? try jsonText(output) : output.text(tables.format))
  }
}

/// What `uniference compare` prints: which inputs differ, and what came of them.
struct ComparedRecords: Encodable {
  let differences: RunDifferences
  let comparison: RunComparison

  func encode(to encoder: any Encoder) throws {
    try comparison.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(differences, forKey: .differences)
  }

  private enum CodingKeys: String, CodingKey { case differences }

  /// The same for people.
  func text(_ format: TableFormat) -> String {
    guard !differences.differences.isEmpty else {
      return comparison.text(inputs: "The inputs are the same.\n", format: format)
    }
    var table = TextTable(columns: [.init("input"), .init("A"), .init("B")])
    for difference in differences.differences {
      table.append([difference.input, shortened(difference.a), shortened(difference.b)])
    }
    return comparison.text(inputs: table.rendered(format), format: format)
  }

  private func shortened(_ text: String?) -> String {
    guard let line = text?.split(separator: "\n").first else { return "-" }
    return line.count > 60 ? line.prefix(57) + "..." : String(line)
  }
}
