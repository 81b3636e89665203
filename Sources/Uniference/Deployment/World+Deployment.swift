import Foundation
import LibTorch
import SimulationKernel

extension World {
  /// Runs a program's part of one rank for real. Every rank's process calls it at the same time.
  ///
  /// The rank's tasks run on the calling thread, one at a time. The call returns once all ranks have ended.
  ///
  /// - Throws: what the program throws; what PyTorch Distributed says when another rank has failed or gone; what keeps
  ///   rank 0 from writing the record.
  @discardableResult
  public static func deploy(_ program: some Program, options: DeploymentOptions) throws -> DeploymentReport {
    let loop = RankLoop()
    let run = DeployedRun(program, options: options, loop: loop)
    nonisolated(unsafe) var report: DeploymentReport?
    try loop.run { report = try await run.run() }
    guard let report else { preconditionFailure("a rank's loop ends with its body") }
    return report
  }
}

/// One rank's run, from the common start to the common end.
///
/// Sendable without checks because it is used only on the thread of the rank's loop.
private final class DeployedRun: @unchecked Sendable {
  private let program: any Program
  private let options: DeploymentOptions
  private let loop: RankLoop

  init(_ program: some Program, options: DeploymentOptions, loop: RankLoop) {
    self.program = program
    self.options = options
    self.loop = loop
  }

  func run() async throws -> DeploymentReport {
    let context = TorchWorldContext(
      library: options.library, loop: loop, deviceName: options.deviceName, swiftRanks: options.programRanks)
    let world = try TorchCommunicator(worldNamed: options.groupName, context: context)
    if let cluster = options.cluster, cluster.devices.count < world.size {
      throw DeploymentError(
        "\(world.size) ranks need as many devices; the cluster \(cluster.name) has \(cluster.devices.count)")
    }
    do {
      return try await run(in: world, context)
    } catch let error as CommunicationError {
      if let failure = world.failure {
        throw DeploymentError("\(failure); this rank was in \(error.operation) at \(error.location)")
      }
      world.publishFailure("\(error)")
      throw error
    } catch {
      if world.failure == nil { world.publishFailure("\(error)") }
      throw error
    }
  }

  private func run(in world: TorchCommunicator, _ context: TorchWorldContext) async throws -> DeploymentReport {
    let peers = try await programGroup(of: world)
    try await peers.barrier()
    let clock = WallClock(start: .now)
    let events = try options.recordPath.map { _ in try DeployedEvents(rank: world.rank, clock: clock) }
    context.observer = events
    let device = DeployedDevice(name: name(ofRank: world.rank), events: events)
    let rank = makeRank(world, device: device, clock: clock, events: events)
    try await program.run(on: rank)
    rank.finished()
    let report = DeploymentReport(
      rank: world.rank, total: rank.now, busy: device.busyTime, peakMemory: DataSize(bytes: device.peakMemory),
      flops: device.flops)
    context.observer = nil
    // Nobody goes before all have come here: who waits for a rank that has failed finds out.
    try await peers.barrier()
    if let events {
      try await DeployedRecord(options, names: names(of: world)).write(events, report, peers: peers, on: rank.device)
    }
    return report
  }

  /// The ranks that run the program.
  private func programGroup(of world: TorchCommunicator) async throws -> any Communicator {
    guard let ranks = options.programRanks?.sorted(), ranks.count < world.size else { return world }
    guard ranks.contains(world.rank) else {
      throw DeploymentError("rank \(world.rank) is not among the ranks \(ranks) that run the program")
    }
    return try await world.subgroup(ranks, name: "program")
  }

  private func makeRank(_ world: TorchCommunicator, device: DeployedDevice, clock: WallClock, events: DeployedEvents?)
    -> Rank
  {
    let specification = options.cluster?.devices[world.rank].specification ?? .cpuServer
    return Rank(
      communicator: world,
      device: TorchDevice(library: options.library, name: options.deviceName, accounting: device),
      services: DeployedServices(
        rank: world.rank, specification: specification, seed: options.seed, clock: clock, loop: loop, events: events))
  }

  private func names(of world: TorchCommunicator) -> [String] { (0..<world.size).map(name(ofRank:)) }

  private func name(ofRank rank: Int) -> String { options.cluster?.devices[rank].name ?? "rank-\(rank)" }
}

/// A deployment that cannot be as it was asked for.
struct DeploymentError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
