import ArgumentParser
import Reports
import Results

/// `uniference compare`.
struct CompareCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Lay two run records side by side: a prediction and a real run, or two predictions.",
    discussion: "The first one is taken as the prediction of the second one where an accuracy is told.")

  @Argument(help: ArgumentHelp("A run record.", valueName: "a.run"))
  var first: String

  @Argument(help: ArgumentHelp("Another one.", valueName: "b.run"))
  var second: String

  @Flag(help: "Print one JSON object.")
  var json = false

  func perform() async throws {
    let comparison = try RunComparison(RunRecord.read(from: first), RunRecord.read(from: second))
    print(json ? try jsonText(comparison) : comparison.text())
  }
}
