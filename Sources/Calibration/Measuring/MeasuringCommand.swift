import Documents
import Uniference

/// The commands that measure a cluster.
public struct MeasuringCommand: Sendable {
  /// The module that does it.
  static let module = "uniference.calibration.measure"

  /// Where rank 0 leaves the measurements.
  public let output: String
  /// What the links are said to carry.
  public var statedRate: String?
  /// Further arguments of the module.
  public var arguments: [String] = []

  /// Measuring that leaves its figures in a file.
  public init(output: String) { self.output = output }

  /// The module and its arguments, for whatever starts Python.
  var words: [String] {
    ["-m", Self.module, "--output", output] + (statedRate.map { ["--stated-rate", $0] } ?? []) + arguments
  }

  /// In a testbed inside this machine, with real-time priority unless `real-time: false` or a `cpu-share`, which is not
  /// enforced on such processes, is among its options. Validation runs have that priority, too.
  ///
  /// - Parameters:
  ///   - testbed: the testbed's options as a YAML mapping without braces: `hosts: 2, rate: 1 Gbps`.
  ///   - executable: path of `uniference`.
  ///   - python: path of the interpreter.
  /// - Throws: what is wrong with `testbed`.
  public static func testbed(_ testbed: String, output: String, executable: String, python: String, arguments: [String])
    throws(DocumentError) -> [String]
  {
    let mapping = try DocumentValue(yaml: "{\(testbed)}", file: "--testbed")
    var options = try TestbedOption.options(mapping, example: "hosts: 2, rate: 1 Gbps")
    if !options.contains(where: { ["real-time", "cpu-share"].contains($0.name) }) {
      options.append(TestbedOption(name: "real-time", value: "true"))
    }
    options.removeAll { $0.name == "real-time" && $0.value == "false" }
    var command = MeasuringCommand(output: output)
    command.arguments = arguments
    // With links of several rates, no one rate is what they carry.
    let isUniform = !options.contains { ["link-rate", "bottleneck"].contains($0.name) }
    if isUniform { command.statedRate = options.last { $0.name == "rate" }?.value }
    return [executable, "testbed", "run"] + options.flatMap(\.words) + ["--raw", "--", python] + command.words
  }
}

/// Machines that are reached by ssh, the first of which holds the rendezvous and the measurements.
public struct RemoteHosts: Sendable {
  /// As ssh knows them: `user@name`.
  public let names: [String]
  /// Path of Python there.
  public let python: String
  /// The folder there that holds the `uniference` package; `nil` where it is installed.
  public let packageFolder: String?
  /// The rendezvous' port on the first one.
  public var port = 29_533

  /// Machines with the same Python at the same place.
  public init(names: [String], python: String, packageFolder: String?) {
    self.names = names
    self.python = python
    self.packageFolder = packageFolder
  }

  /// What to run on each machine, one line for a shell.
  public func shellCommands(_ command: MeasuringCommand) -> [String] {
    let path = packageFolder.map { "PYTHONPATH=\(Self.quoted($0)) " } ?? ""
    let master = names[0].split(separator: "@").last.map(String.init) ?? names[0]
    return names.indices.map { index in
      let words =
        [
          python, "-m", "torch.distributed.run", "--nnodes", "\(names.count)", "--node-rank", "\(index)",
          "--nproc-per-node", "1", "--master-addr", master, "--master-port", "\(port)",
        ] + command.words
      return path + words.map(Self.quoted).joined(separator: " ")
    }
  }

  /// The same, through ssh.
  func commands(_ command: MeasuringCommand) -> [[String]] {
    zip(names, shellCommands(command)).map { Self.ssh + [$0, $1] }
  }

  /// Never asks for a password, and gives up soon.
  static let ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=8"]

  static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=@".contains($0) }
    return plain && !word.isEmpty ? word : "'\(word.replacing("'", with: "'\\''"))'"
  }
}
