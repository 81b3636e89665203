import ArgumentParser

/// `uniference validate`.
struct ValidateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Show how well predictions hold: against real runs on a testbed, or against published measurements.",
    subcommands: [ValidateSuiteCommand.self, ValidatePublishedCommand.self],
    defaultSubcommand: ValidateSuiteCommand.self)
}
