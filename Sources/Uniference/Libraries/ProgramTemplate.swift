import Inputs
import Quantities

/// The package with which a Swift program of one's own begins.
public struct ProgramTemplate: Sendable {
  /// Each file's path in the package and its text.
  public let files: [(path: String, text: String)]

  /// - Parameters:
  ///   - name: the program's, which becomes that of a type: letters and digits, the first one a capital letter.
  ///   - checkout: the folder of Uniference's sources.
  /// - Throws: ``ProgramNameError``.
  public init(name: String, checkout: String) throws(ProgramNameError) {
    let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    guard let first = name.first, first.isUppercase, allowed else { throw ProgramNameError(name: name) }
    files = [
      ("Package.swift", Self.package(name, checkout)),
      ("Sources/\(name)/\(name).swift", Self.program(name)),
      ("Sources/\(name)/Entry.swift", Self.entry(name)),
      ("Tests/\(name)Tests/\(name)Tests.swift", Self.tests(name)),
      ("cluster.yaml", Self.cluster),
      ("README.md", Self.readme(name)),
      (".gitignore", ".build/\nPackage.resolved\nruns/\n"),
    ]
  }

  private static func package(_ name: String, _ checkout: String) -> String {
    let identity = checkout.split(separator: "/").last.map { $0.lowercased() } ?? ""
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "\(name)",
        platforms: [.macOS(.v15)],
        products: [.library(name: "\(name)", type: .dynamic, targets: ["\(name)"])],
        dependencies: [.package(path: "\(checkout)")],
        targets: [
          .target(name: "\(name)", dependencies: [.product(name: "Uniference", package: "\(identity)")]),
          .testTarget(name: "\(name)Tests", dependencies: ["\(name)"]),
        ],
        swiftLanguageModes: [.v6]
      )

      """
  }

  private static func program(_ name: String) -> String {
    """
    import ProgramLibraries
    import Uniference

    /// A layer split over all ranks: each has some of the weight's columns, and an all-reduce adds up their parts.
    public struct \(name): LibraryProgram {
      struct Options: ParsableArguments {
        @Option(help: "Rows of the input.")
        var rows = 4

        @Option(help: "Columns of the weight, which the ranks share.")
        var columns = 1200
      }

      private let options: Options

      /// Reads the program's own arguments.
      public init(arguments: [String]) throws { options = try Options.read(arguments) }

      /// Runs on every rank.
      public func run(on rank: Rank) async throws {
        guard options.columns % rank.worldSize == 0 else {
          throw UsageError("--columns \\(options.columns) cannot be shared by \\(rank.worldSize) ranks")
        }
        let own = options.columns / rank.worldSize
        let input = try filled([options.rows, own], with: 1, on: rank)
        let weight = try filled([8, own], with: 0.5, on: rank)
        let sum = try await rank.world.allReduce(input.linear(weight))
        if rank.index == 0 { print(try result(sum)) }
      }

      private func filled(_ shape: [Int], with value: Float, on rank: Rank) throws -> Tensor {
        let values = Array(repeating: value, count: shape.reduce(1, *))
        return try Tensor(values, shape: shape, on: rank.device, label: "example")
      }

      private func result(_ sum: Tensor) throws -> String {
        guard sum.hasValues else { return "the result has the shape \\(sum.shape)" }
        return "every element is \\(try sum.floats()[0])"
      }
    }

    """
  }

  private static func entry(_ name: String) -> String {
    """
    import ProgramLibraries

    /// What the simulator and the Python host call.
    @_cdecl("uniference_program_main")
    public func main(count: Int32, arguments: ProgramLibrary.Arguments) -> Int32 {
      ProgramLibrary.main(\(name).self, count, arguments)
    }

    """
  }

  private static func tests(_ name: String) -> String {
    """
    import Testing
    import Uniference

    @testable import \(name)

    @Suite struct \(name)Tests {
      /// Four rows of eight float32 are summed on three boards: 2(P - 1) times their bytes travel.
      @Test func sendsWhatARingSends() throws {
        let cluster = Cluster(
          devices: .raspberryPi5, count: 3, network: .switch(bandwidth: .gigabitsPerSecond(1), latency: .microseconds(250)))
        let report = try World.simulate(try \(name)(arguments: []), on: cluster)
        #expect(report.bytes_sent == 2 * (3 - 1) * 4 * 8 * 4)
      }
    }

    """
  }

  private static let cluster = """
    name: three-boards
    devices:
      - {name: board, count: 3, model: raspberry-pi-5}
    network:
      topology: switch
      link: {bandwidth: 1 Gbps, latency: 0.25 ms}

    """

  private static func readme(_ name: String) -> String {
    """
    # \(name)

    A Swift program for Uniference. Build it, and try it in its three worlds:

        swift build -c release

        uniference simulate .build/release/lib\(name).so --cluster cluster.yaml                # shapes
        uniference simulate .build/release/lib\(name).so --cluster cluster.yaml --values       # values
        torchrun --nproc-per-node 3 -m uniference.host .build/release/lib\(name).so            # for real

    `uniference` is built by `make build` in Uniference's checkout. `make torch` there makes `.venv`: activate it
    (`source .../.venv/bin/activate`) for values and torchrun, and set `PYTHONPATH` to the checkout's `python` folder, where
    the host is. The program's own arguments follow the library under torchrun, and `--` in simulation. `swift test` runs
    the test, in simulation.

    """
  }
}

/// A name that no program can have.
public struct ProgramNameError: Error, CustomStringConvertible, Hashable, Sendable, UserFacingError {
  /// The name.
  public let name: String

  /// An error of a name.
  public init(name: String) { self.name = name }

  /// What is allowed.
  public var description: String {
    "'\(name)' cannot be a program's name; use letters and digits, with a capital letter first, such as MyProgram"
  }
}
