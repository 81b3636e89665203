import ArgumentParser
import Calibration
import Devices
import Foundation
import Inputs
import LibTorch
import Models
import Network
import PyTorchBridge
import PythonInterpreters
import Quantities
import Results
import Testbed
import Tokenization
import Uniference
import Validation
import Weights

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

/// What to tell a user of an error, with the exit code of BSD's `sysexits.h`: 65 for bad input, 74 when the system
/// refuses to write or read, 70 for everything that is no fault of the input. Usage errors leave with 64.
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
    case is DocumentError, is ConfigurationError, is UnknownModelError, is DeviceError, is StrategyError,
      is WorkloadError, is QuantityError, is FlowCaseError, is NetworkError, is WeightError, is TokenizerError,
      is CheckpointError, is ParametersMissing, is ClusterSizeError, is LinkChangeError, is ProgramNameError:
      // One line, even where a path or a name has a line break.
      self.init("\(error)".printableLine, Self.badInput)
    case let failure as TestbedError:
      self.init(failure.description, failure.kind == .request ? ExitCode(64) : Self.unavailable)
    case let failure as ScriptRunFailure: self.init("\(failure)", ExitCode(failure.exitCode))
    case is LaunchError, is PythonMissing, is TorchError, is OperationRecordingError, is ValidationFailure,
      is CalibrationFailure:
      self.init("\(error)", Self.badInput)
    case let failure as RunFailure where failure.isInterruption:
      self.init("\(failure)", ExitCode(failure.interruption?.exitCode ?? EXIT_FAILURE))
    case let failure as RunFailure where failure.outOfMemory != nil || failure.isTimeExceeded:
      self.init("\(failure)", Self.badInput)
    case let failure as RunFailure:
      // What a rank finds wrong with its input is no fault of the program.
      self.init("\(failure)", failure.programError.map { CommandFailure($0).exitCode } ?? Self.internalError)
    case is FileError, is RunRecordError, is LostOutput, is SystemError:
      self.init("\(error)".printableLine, Self.inputOutput)
    default: self.init("\(error)", Self.internalError)
    }
  }
}
