import ArgumentParser
import Foundation
import Inputs
import PyTorchBridge
import Results

/// A subcommand whose failures are one line on standard error and an exit code.
protocol ReportingCommand: AsyncParsableCommand {
  /// What the command does.
  func perform() async throws
}

extension ReportingCommand {
  func run() async throws {
    do {
      try await perform()
    } catch let exit as ExitCode {
      throw exit
    } catch let usage as ValidationError {
      throw usage
    } catch let exit as LauncherExit {
      // It has said why.
      throw ExitCode(exit.status)
    } catch {
      let failure = CommandFailure(error)
      StandardError.say("uniference: error: \(failure.message.printableLines)")
      throw failure.exitCode
    }
  }
}

/// What to tell a user of an error, with the exit code of BSD's `sysexits.h` (see ``UserFacingError``): 65 for bad input,
/// 74 when the system refuses to write or read, 70 for everything that is no fault of the input. Usage errors leave with
/// 64.
struct CommandFailure: Error, Equatable {
  static let badInput = ExitCode(65)
  /// The system lacks something.
  static let unavailable = ExitCode(69)
  static let internalError = ExitCode(70)
  static let inputOutput = ExitCode(74)

  let message: String
  let exitCode: ExitCode

  init(_ message: String, _ exitCode: ExitCode) {
    self.message = message
    self.exitCode = exitCode
  }

  init(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let failure as any UserFacingError: self.init(failure.userMessage, ExitCode(failure.exitCode))
    default: self.init("\(error)", Self.internalError)
    }
  }
}
