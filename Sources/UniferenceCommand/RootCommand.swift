import ArgumentParser
import ChildPrograms
import Foundation
import Inputs
import ProgramLibraries
import Quantities
import Results
import Uniference

/// `uniference`.
@main
struct RootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "uniference",
    abstract: "Predict how a distributed AI model runs on a cluster that nobody has to own.",
    version: UniferenceVersion.current,
    subcommands: [
      SimulateCommand.self, SweepCommand.self, PlanCommand.self, DevicesCommand.self, ModelsCommand.self,
      RuntimesCommand.self, FlowsCommand.self, BenchmarkCommand.self,
      RunCommand.self, ExecCommand.self, RunsCommand.self, ShowCommand.self, CompareCommand.self, ReportCommand.self,
      ReplayCommand.self, ValidateCommand.self,
      CalibrateCommand.self,
      TestbedCommand.self, WeightsCommand.self, TokenizeCommand.self, NewCommand.self, ExamplesCommand.self,
      DoctorCommand.self,
    ])

  static func main() async {
    // Before anything is done about signals.
    _ = InheritedSignals.ignored
    signal(SIGCHLD, SIG_DFL)
    StandardStreams.prepare()
    let words = CommandLine.arguments.dropFirst()
    if words.first == GuardedCommand.word { Guardian.run(words.dropFirst()) }
    let arguments = FakeOption.splitting(ComputeModelName.joiningWords(Array(words)))
    ProgramLibraryLaunch(arguments)?.run()
    do {
      if let problem = unknownCommand(in: arguments) { throw ValidationError(problem) }
      var command = try await asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    } catch { leave(error) }
  }

  /// Ends the program with what is to be said of an error, or with the help that was asked for.
  private static func leave(_ error: any Error) -> Never {
    let (text, code) = (fullMessage(for: error), exitCode(for: error))
    do {
      if code.isSuccess && !text.isEmpty { try StandardOutput.print(text) }
      if !code.isSuccess && !text.isEmpty { StandardError.say(text.printableLines) }
      Foundation.exit(code.rawValue)
    } catch {
      StandardError.say("uniference: error: \(error)")
      Foundation.exit(CommandFailure.inputOutput.rawValue)
    }
  }

  /// What is wrong with the first word, or with the second one behind a command that has commands of its own; `nil` where
  /// it is a command or an option.
  static func unknownCommand(in arguments: [String]) -> String? {
    var commands: [any ParsableCommand.Type] = configuration.subcommands
    let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
    for (index, word) in words.prefix(2).enumerated() where !commands.isEmpty {
      guard !word.hasPrefix("-"), word != "help" else { return nil }
      guard let command = commands.first(where: { $0.configuration.commandName == word }) else {
        let names = commands.map { $0.configuration }.filter(\.shouldDisplay).compactMap(\.commandName)
        let prefix = index == 0 ? "" : "\(words.first ?? "") "
        let suggestion = didYouMean(likelyNames(for: word, among: names))
        return "There is no command '\(prefix)\(quotable(word).printable)'\(suggestion.isEmpty ? "." : suggestion)"
          + " Commands: \(names.joined(separator: ", "))."
      }
      // What a command with a default one is given may be an argument of that.
      guard command.configuration.defaultSubcommand == nil else { return nil }
      commands = command.configuration.subcommands
    }
    return nil
  }
}
