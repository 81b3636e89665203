import ChildPrograms
import Foundation
import SimulationKernel
import Synchronization
import Uniference

/// A command whose processes find a simulated cluster where they would find gloo: every process group that they make is
/// a world of its own on it.
public final class CommandSession: Sendable {
  /// What the worlds of a session have in common.
  public struct Options: Sendable {
    /// How the time of what ranks compute is found.
    public var compute = ScriptOptions.Compute.measured
    /// Whether the processes' timers see real time.
    public var usesRealClock = false
    /// How many ranks of a world may compute at once.
    public var parallelRanks = 1
    /// The source of all random numbers of the network.
    public var seed: UInt64 = 0
    /// Whether the processes use CUDA, and find the described GPUs there.
    public var describesGPUs = false

    /// Computing measured, one rank at a time.
    public init() {}
  }

  /// What became of a session's worlds.
  public struct Summary: Sendable {
    /// Worlds that have ended in good order, and their virtual time in all.
    public var worlds = 0
    /// Virtual time of the worlds that have ended in good order, in seconds.
    public var virtualSeconds = 0.0
    /// Why the others have ended.
    public var failures: [String] = []
  }

  private let cluster: Cluster
  private let options: Options
  private let gpus: DescribedGPUs?
  /// Where the worlds' compute time comes from.
  public let basis: ComputeBasis
  private let interruption = Interruption()
  private let summary = Mutex(Summary())
  private let running = Atomic<Int>(0)

  /// A session on a cluster; nothing is started yet.
  ///
  /// - Throws: what keeps a recording from being read, or GPUs from being described.
  public init(cluster: Cluster, options: Options) throws {
    gpus = options.describesGPUs ? try DescribedGPUs(of: cluster, rankCount: cluster.devices.count) : nil
    self.cluster = options.describesGPUs ? cluster.executingEagerly : cluster
    self.options = options
    basis = try options.compute.mode().basis(on: cluster)
  }

  /// Runs the command to its end.
  ///
  /// - Parameter notice: called with what a person may want to know meanwhile.
  /// - Returns: the command's exit code and what became of its worlds. The session's folder is gone by then.
  /// - Throws: when no process can be started at all. That there is no such command is said, with exit code 127.
  public func run(
    _ command: [String], python: PythonEnvironment, notice: (String) -> Void
  ) throws -> (exitCode: Int32, summary: Summary) {
    let path = SessionFolder.newPath()
    var guarded = GuardedCommand(command)
    guarded.environment = python.variables(forSessionIn: path)
    if let gpus {
      guarded.environment["UNIFERENCE_GPU"] = String(decoding: try JSONEncoder().encode(gpus), as: UTF8.self)
    }
    guarded.removedPrefixes = [path]
    let process = try GuardedProcess(guarded)
    // Ctrl-C and the like are for the command to act on, which is told unless it has heard itself.
    let signals = EndingSignals { process.pass(on: $0) }
    defer { signals.stop() }
    defer { process.endAll() }
    let folder = try SessionFolder(path: path)
    defer { folder.remove() }
    let rendezvous = Rendezvous(largestWorld: cluster.devices.count) { [self] links in begin(links, folder.path) }
    let greeter = try Greeter(folder: folder) { rendezvous.add($0, $1) }
    defer { greeter.stop() }
    process.start()
    while process.isRunning {
      rendezvous.overdue().forEach(notice)
      usleep(20_000)
    }
    endWorlds()
    return (process.exitCode ?? EXIT_FAILURE, summary.withLock { $0 })
  }

  /// Lets worlds whose processes have ended come to their own ends.
  private func endWorlds() {
    let deadline = ContinuousClock.now + .seconds(2)
    while running.load(ordering: .acquiring) > 0 {
      if ContinuousClock.now > deadline { interruption.request() }
      usleep(1000)
    }
  }

  private func begin(_ links: [RankLink], _ folder: String) {
    running.wrappingAdd(1, ordering: .acquiringAndReleasing)
    let thread = Thread { [self] in
      simulate(links, folder)
      running.wrappingSubtract(1, ordering: .acquiringAndReleasing)
    }
    thread.name = "world"
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func simulate(_ links: [RankLink], _ folder: String) {
    do {
      let cluster = try cluster.keepingDevices(links.count)
      let session = WorldSession(
        links: links, compute: try options.compute.mode(), parallelRanks: options.parallelRanks,
        chosenCollectives: cluster.network.chosenCollectives, usesStreams: gpus != nil, control: nil,
        folder: folder,
        interruption: interruption, takeReturns: { [] })
      var simulation = SimulationOptions()
      simulation.seed = options.seed
      simulation.interruption = interruption
      let report = try session.simulate(
        on: cluster, usesFakeTensors: false, usesRealClock: options.usesRealClock, simulation)
      summary.withLock {
        $0.worlds += 1
        $0.virtualSeconds += report.total_s
      }
    } catch {
      for link in links { link.connection.shutDown() }
      summary.withLock { $0.failures.append("\(error)") }
    }
  }
}
