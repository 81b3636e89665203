import ProgramLibraries
import Uniference

// Programs that tests run both in simulation and under torchrun; see Tests/Python/deployment.

/// What the library exports.
@_cdecl("uniference_program_main")
public func main(count: Int32, arguments: ProgramLibrary.Arguments) -> Int32 {
  ProgramLibrary.main(TestProgram.self, count, arguments)
}

/// One of the programs, chosen by its name.
struct TestProgram: LibraryProgram {
  struct Options: ParsableArguments {
    @Argument(help: "Which program.")
    var name: Name

    @Option(help: "Of what the operations program does.")
    var seed: UInt64 = 0

    @Option(help: "Where the operations program writes what each rank has seen.")
    var output = "."

    @Option(help: "How often to repeat.")
    var count = 40
  }

  enum Name: String, CaseIterable, ExpressibleByArgument {
    case operations, typeMismatch = "type-mismatch", sizeMismatch = "size-mismatch", extraCollective =
      "extra-collective"
    case throwing, leaving, bothWays = "both-ways", sleeping, foreign
  }

  private let options: Options

  init(arguments: [String]) throws { options = try Options.read(arguments) }

  func run(on rank: Rank) async throws {
    switch options.name {
    case .operations:
      var operations = RandomOperations(rank: rank, seed: options.seed, count: options.count)
      try await operations.run(writingTo: options.output)
    case .typeMismatch: try await Mistakes(rank: rank).mismatchTypes()
    case .sizeMismatch: try await Mistakes(rank: rank).mismatchSizes()
    case .extraCollective: try await Mistakes(rank: rank).callOnceMore()
    case .throwing: try await Mistakes(rank: rank).throwOnOneRank()
    case .leaving: try await Mistakes(rank: rank).leaveEarly()
    case .bothWays: try await Waiting(rank: rank).exchange(rounds: options.count)
    case .sleeping: try await Waiting(rank: rank).sleepBeforeSending()
    case .foreign: try await Waiting(rank: rank).awaitAnotherThread()
    }
  }
}
