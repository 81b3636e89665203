import ArgumentParser
import Testing

@testable import UniferenceCommand

@Suite("uniference validate")
struct ValidateCommandTests {
  @Test("means a suite with a file alone, and published cases by that word")
  func commands() throws {
    let suite = try #require(
      try RootCommand.parseAsRoot(["validate", "suite.yaml", "--from", "report.json"]) as? ValidateSuiteCommand)
    #expect(suite.path == "suite.yaml" && suite.from == "report.json")
    let published = try #require(
      try RootCommand.parseAsRoot(["validate", "published", "mine.yaml", "--quick"]) as? ValidatePublishedCommand)
    #expect(published.files == ["mine.yaml"] && published.quick)
    #expect(RootCommand.unknownCommand(in: ["validate", "suite.yaml"]) == nil)
    #expect(RootCommand.unknownCommand(in: ["validat", "suite.yaml"])?.contains("\"validate\"") == true)
  }

  @Test("only all of the shipped cases can be written anew or held against what the ledger says")
  func options() {
    for words in ["--update --quick", "--update --check", "--update mine.yaml", "--check mine.yaml"] {
      let words = words.split(separator: " ").map(String.init)
      #expect(throws: (any Error).self) { try RootCommand.parseAsRoot(["validate", "published"] + words) }
    }
  }
}
