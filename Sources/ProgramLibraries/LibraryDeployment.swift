import ArgumentParser
import Foundation
import LibTorch
import Results
import Uniference

/// What `python -m uniference.host` asks of a library.
struct LibraryDeployment: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy LIBRARY", abstract: "Run one rank of the program in a process group that this process has.",
    shouldDisplay: false)

  @Option(help: "The name under which this process knows the group.")
  var group: String

  @Option(help: "libtorch's name of this rank's device.")
  var torchDevice = "cpu"

  @Option(help: "How many threads one operation on the CPU may use.")
  var threads = 1

  @Option(help: "The ranks that run the program, such as 0,1; all unless given.")
  var ranks: String?

  @Option(help: "The source of all random numbers.")
  var seed: UInt64 = 0

  @Option(help: "Where rank 0 writes a run record.")
  var record: String?

  @Option(help: "The cluster file that describes the ranks' devices.")
  var cluster: String?

  @Argument(parsing: .postTerminator, help: "The program's own arguments, after --.")
  var arguments: [String] = []

  func run(_ make: ([String]) throws -> some LibraryProgram, library: String) throws {
    let torch = try TorchLibrary()
    try torch.checkDevice(torchDevice)
    try torch.setThreadCount(threads)
    var options = DeploymentOptions(groupName: group, library: torch)
    options.deviceName = torchDevice
    options.seed = seed
    options.recordPath = record
    options.cluster = try cluster.map { try Cluster(contentsOf: $0) }
    options.programRanks = try ranks.map { try parsed($0) }
    options.inputs = RunInputs(
      cluster: cluster.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) }, program: library,
      arguments: arguments, seed: seed, command: "deploy", clusterName: options.cluster?.name)
    try World.deploy(try make(arguments), options: options)
  }

  private func parsed(_ list: String) throws -> Set<Int> {
    let numbers = list.split(separator: ",").map { Int($0) }
    guard !numbers.isEmpty, !numbers.contains(nil) else {
      throw ValidationError("--ranks \(list) is no list of ranks, such as 0,1")
    }
    return Set(numbers.compactMap(\.self))
  }
}
