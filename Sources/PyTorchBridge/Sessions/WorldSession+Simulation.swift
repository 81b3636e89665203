import Communication
import Foundation
import SimulationKernel
import Uniference

extension WorldSession {
  /// Lets the ranks run to their ends.
  ///
  /// - Throws: ``ScriptRunFailure`` when one fails or nothing can happen any more. All ranks have been told by then.
  func simulate(
    on cluster: Cluster, usesFakeTensors: Bool, usesRealClock: Bool, _ options: SimulationOptions
  ) throws -> SimulationReport {
    let welcome = Welcome(
      worldSize: links.count, compute: compute, usesFakeTensors: usesFakeTensors, usesRealClock: usesRealClock,
      epochNanoseconds: Int64(Date().timeIntervalSince1970 * 1e9),
      sleepOvershootNanoseconds: cluster.network.transport.host.sleepOvershootPicoseconds / 1000)
    let frames = zip(links, cluster.devices).map { link, device in
      welcome.frame(for: link, scale: device.hasConstantSpeed ? device.speed.scale : nil)
    }
    welcomes = frames
    var options = options
    options.collectiveName = { $0.torchName }
    options.logsByTime = true
    do {
      let report = try World.simulate(ScriptProgram(session: self), on: cluster, options: options)
      if let omission = agreements.omission(among: links.count) { options.warning?(omission) }
      return report
    } catch let failure as RunFailure {
      let diagnosis = diagnose(failure)
      windDown(telling: diagnosis.description, patience: .seconds(diagnosis.isInterruption ? 0 : 3))
      throw diagnosis
    }
  }
}

extension CollectiveOperation {
  /// The function of `torch.distributed` that starts it.
  fileprivate var torchName: String {
    switch self {
    case .allReduce: "all_reduce"
    case .allGather: "all_gather"
    case .reduceScatter: "reduce_scatter"
    case .allToAll: "all_to_all"
    case .reduce, .broadcast, .gather, .scatter, .barrier: rawValue
    }
  }
}
