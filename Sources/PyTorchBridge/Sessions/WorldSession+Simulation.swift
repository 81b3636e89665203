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
      epochNanoseconds: Int64(Date().timeIntervalSince1970 * 1e9))
    let frames = zip(links, cluster.devices).map { link, device in
      welcome.frame(for: link, scale: device.speed.slowdowns.isEmpty ? device.speed.scale : nil)
    }
    do {
      return try World.simulate(ScriptProgram(session: self, welcomes: frames), on: cluster, options: options)
    } catch let failure as RunFailure {
      let diagnosis = diagnose(failure)
      windDown(telling: diagnosis.description, patience: .seconds(diagnosis.isInterruption ? 0 : 3))
      throw diagnosis
    }
  }
}
