@_exported import ArgumentParser
import Foundation
import Results
@_exported import Uniference

/// A program that a dynamic library brings.
public protocol LibraryProgram: Program {
  /// Reads the words that follow the library's name (under torchrun) or `--` (in simulation). Called once in a process.
  ///
  /// - Throws: what is wrong with them, such as the ``UsageError`` of `ParsableArguments.read(_:)`.
  init(arguments: [String]) throws
}

/// Words of a command line that a program does not understand.
public struct UsageError: Error, CustomStringConvertible, Hashable, Sendable {
  /// What is wrong with them, and what is allowed; several lines where it is the help that was asked for.
  public let description: String
  /// Whether help was asked for.
  public let isHelp: Bool

  /// An error that prints as this text.
  public init(_ description: String, isHelp: Bool = false) {
    self.description = description
    self.isHelp = isHelp
  }
}

extension ParsableArguments {
  /// Reads a program's own arguments.
  ///
  /// - Throws: ``UsageError``.
  public static func read(_ arguments: [String]) throws -> Self {
    do {
      return try parse(arguments)
    } catch {
      let isHelp = exitCode(for: error).isSuccess
      throw UsageError(isHelp ? fullMessage(for: error) : message(for: error), isHelp: isHelp)
    }
  }
}

/// A dynamic library with a program: what it exports.
///
/// The library has Uniference in itself and this one function, by which the simulator (`uniference simulate LIBRARY`) and
/// the Python host (`python -m uniference.host LIBRARY`) run the program:
///
///     @_cdecl("uniference_program_main")
///     public func main(count: Int32, arguments: ProgramLibrary.Arguments) -> Int32 {
///       ProgramLibrary.main(MyProgram.self, count, arguments)
///     }
public enum ProgramLibrary {
  /// The words of a command line, as C has them.
  public typealias Arguments = UnsafePointer<UnsafePointer<CChar>?>

  /// The agreement between libraries and their hosts; raised whenever it changes.
  static let interface = 1

  /// Runs the program as the host asks: `LIBRARY interface=1 simulate|deploy OPTIONS... -- ARGUMENTS...`.
  ///
  /// - Returns: the exit code. What went wrong has been said in one line on standard error.
  public static func main<P: LibraryProgram>(_ program: P.Type, _ count: Int32, _ arguments: Arguments) -> Int32 {
    let words = (0..<Int(count)).compactMap { arguments[$0].map { String(cString: $0) } }
    return main(program, words)
  }

  static func main<P: LibraryProgram>(_ program: P.Type, _ words: [String]) -> Int32 {
    let library = words.first ?? "the library"
    guard words.dropFirst().first == "interface=\(interface)" else {
      let host = words.dropFirst().first.map { "'\($0)'" } ?? "nothing"
      return fail(
        "\(library) was built for interface=\(interface) of its host, which says \(host); build library and uniference "
          + "from the same sources", EX_DATAERR)
    }
    let rest = ComputeModelName.joiningWords(Array(words.dropFirst(3)))
    switch words.dropFirst(2).first {
    case "simulate": return run(LibrarySimulation.self, library, rest) { try $0.run(P.init, library: library) }
    case "deploy": return run(LibraryDeployment.self, library, rest) { try $0.run(P.init, library: library) }
    default:
      return fail("a program's library can simulate or deploy, not \(words.dropFirst(2).first ?? "nothing")", EX_USAGE)
    }
  }

  private static func run<Command: ParsableCommand>(
    _ type: Command.Type, _ library: String, _ words: [String], _ body: (Command) throws -> Void
  ) -> Int32 {
    let command: Command
    do {
      guard let parsed = try Command.parseAsRoot(words) as? Command else { return EXIT_SUCCESS }
      command = parsed
    } catch {
      let text = Command.fullMessage(for: error)
      let isHelp = Command.exitCode(for: error).isSuccess
      guard isHelp else {
        StandardError.say(text)
        return Command.exitCode(for: error).rawValue
      }
      return show(text)
    }
    do {
      try body(command)
      try ProgramOutput.flush()
      return EXIT_SUCCESS
    } catch let help as UsageError where help.isHelp {
      return show(help.description)
    } catch {
      // What the program has printed comes before what went wrong.
      try? ProgramOutput.flush()
      let failure = LibraryFailure(error)
      return fail(failure.message, failure.exitCode)
    }
  }

  private static func show(_ help: String) -> Int32 {
    do {
      try StandardOutput.print(help)
      return EXIT_SUCCESS
    } catch { return fail(error.description, EX_IOERR) }
  }

  private static func fail(_ message: String, _ exitCode: Int32) -> Int32 {
    let rank = ProcessInfo.processInfo.environment["RANK"].map { "rank \($0): " } ?? ""
    let line = message.split(separator: "\n", omittingEmptySubsequences: true).first.map(String.init) ?? message
    StandardError.say("uniference: error: \(rank)\(line)")
    return exitCode
  }
}
