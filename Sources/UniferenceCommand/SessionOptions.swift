import ArgumentParser
import Documents
import PyTorchBridge
import Uniference

/// Options of all commands that run Python processes as ranks.
struct SessionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The cluster to simulate.", valueName: "cluster.yaml"))
  var cluster: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Set a field of the cluster, such as network.link.bandwidth=\"100 Mbps\"; may be repeated.",
      valueName: "field=value"))
  var settings: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      How the time of computing is found: measured (here, at the device's speed), recorded NAME.run (as an earlier run \
      measured it), roofline (from each torch operation's cost and the device's figures). Measured unless given; \
      roofline with --gpu.
      """,
      valueName: "model"))
  var compute: String?

  @Option(help: "How many ranks may compute at once; more than one disturb each other's measurements.")
  var parallelRanks = 1

  @Flag(help: "The script's timers see real time.")
  var realClock = false

  @Option(help: "The source of all random numbers of the network.")
  var seed: UInt64 = 0

  /// What is wrong with `--gpu --compute measured`.
  static let measuredWithGPUs = "--gpu: what this machine takes says nothing of a GPU; leave --compute out."

  func validate() throws {
    guard parallelRanks >= 1 else {
      throw ValidationError("--parallel-ranks \(parallelRanks) is not possible; give 1 or more.")
    }
  }

  func readCluster() throws -> Cluster {
    var texts: [DocumentText] = []
    return try readCluster(&texts)
  }

  /// - Parameter texts: receives the text of every file read, the cluster's own first.
  func readCluster(_ texts: inout [DocumentText]) throws -> Cluster {
    let overrides = try settings.map { try DocumentOverride(parsing: $0) }
    let cluster = try Cluster(contentsOf: cluster, overrides: overrides, texts: &texts)
    try cluster.warnings().forEach(warn)
    return cluster
  }

  /// - Parameter usual: what is taken where the user has not chosen.
  func computeKind(usually usual: ScriptOptions.Compute = .measured) throws -> ScriptOptions.Compute {
    guard let compute else { return usual }
    let parts = compute.split(separator: "=", maxSplits: 1).map(String.init)
    switch (parts.first, parts.count) {
    case ("measured", 1): return .measured
    case ("roofline", 1): return .roofline
    case ("recorded", 2): return .recorded(path: parts[1])
    case ("recorded", _): throw ValidationError("--compute recorded needs a run record: --compute recorded=NAME.run.")
    default:
      throw ValidationError(
        "--compute \(compute) is not known; allowed are measured, recorded=NAME.run and roofline.")
    }
  }
}
