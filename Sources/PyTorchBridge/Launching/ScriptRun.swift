import Foundation
import Results
import SimulationKernel
import Uniference

/// A PyTorch script on a cluster that need not exist.
public struct ScriptRun {
  private let options: ScriptOptions
  private let cluster: Cluster
  private let python: PythonEnvironment
  private let mode: ComputeMode
  private let gpus: DescribedGPUs?
  /// Where the run's compute time comes from.
  public let basis: ComputeBasis

  /// - Throws: ``LaunchError`` when the script is missing or the cluster has too few devices, and what keeps a recording
  ///   from being read; nothing has been started then.
  public init(_ options: ScriptOptions, on cluster: Cluster, python: PythonEnvironment) throws {
    if !options.isModule, !FileManager.default.isReadableFile(atPath: options.script) {
      throw LaunchError(
        "there is no script '\(options.script)' to read; give the path of a Python file, or -m and a module")
    }
    self.options = options
    self.python = python
    let count = options.rankCount ?? cluster.devices.count
    let used = try cluster.keepingDevices(count)
    gpus = options.describesGPUs ? try DescribedGPUs(of: cluster, rankCount: count) : nil
    self.cluster = options.describesGPUs ? used.executingEagerly : used
    mode = try options.compute.mode()
    basis = mode.basis(on: self.cluster)
  }

  /// Runs the script on every rank to its end.
  ///
  /// - Returns: what was found; `nil` when the script was asked for its help and has shown it, which is no run of anything.
  /// - Throws: ``ScriptRunFailure`` when it fails; ``LaunchError`` and ``LauncherExit`` when ranks cannot be started;
  ///   ``LostOutput`` when what they print cannot be written; what keeps the record from being written. No process and no
  ///   shared memory is left in any case.
  public func run(_ simulation: SimulationOptions) throws -> SimulationReport? {
    let unfinished = [simulation.recordPath, simulation.tracePath].compactMap(\.self).map(UnfinishedFile.prefix)
    let launcher = try Launcher(
      options, rankCount: cluster.devices.count, gpus: gpus, python: python, removedPrefixes: unfinished)
    let isInterrupted = { simulation.interruption.isRequested }
    var control: LauncherLink?
    let report: SimulationReport
    var hasShownHelp = false
    do {
      let link = try launcher.connect(interruption: isInterrupted)
      control = link
      let links = try launcher.startRanks(cluster.devices.count, link, interruption: isInterrupted)
      let session = WorldSession(
        links: links, compute: mode, parallelRanks: options.parallelRanks,
        chosenCollectives: cluster.network.chosenCollectives, usesStreams: gpus != nil, control: link,
        folder: launcher.folder.path, interruption: simulation.interruption, showsProgress: options.showsProgress,
        takeReturns: launcher.takeReturns)
      var simulation = simulation
      let asksForHelp = !Self.helpOptions.isDisjoint(with: options.arguments)
      if simulation.recordPath != nil {
        let log = CallLog(rankCount: links.count, usesStreams: gpus != nil)
        session.callLog = log
        simulation.attachments = [(CallFile.name, { log.bytes })]
      }
      simulation.isWorthKeeping = { !asksForHelp || links.contains(where: \.hasMetOthers) }
      report = try session.simulate(
        on: cluster, usesFakeTensors: options.usesFakeTensors, usesRealClock: options.usesRealClock, simulation)
      hasShownHelp = !simulation.isWorthKeeping()
    } catch {
      try? launcher.shutDown(control, isInGoodOrder: false, interruption: isInterrupted)
      guard error is CancellationError else { throw error }
      let reason = simulation.interruption.reason ?? .request
      throw ScriptRunFailure(
        description: "\(reason) before the script had begun", exitCode: reason.exitCode, isInterruption: true)
    }
    try launcher.shutDown(control, isInGoodOrder: true, interruption: isInterrupted)
    return hasShownHelp ? nil : report
  }

  /// By which scripts are asked for what they can do, instead of doing it.
  private static let helpOptions: Set = ["-h", "--help", "--version"]
}
