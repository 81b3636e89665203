import Foundation

/// SimPy, the discrete-event simulator in Python that many know, measured in the same run: processes in a ring hand each
/// other as many messages, without any network.
struct SimPyPeer {
  let python: String
  let script: String

  private struct Result: Decodable {
    let messages: Int
    let wall_s: Double
    let simpy: String
    let python: String
  }

  /// Rings that it can do in reasonable time.
  func canMeasure(_ summary: Summary) -> Bool { summary.name.hasPrefix("ring-") && summary.median.ranks <= 1024 }

  func measure(beside summary: Summary) throws -> Report.Peer {
    let output = try outputOf(python, [script, "\(summary.median.ranks)", "\(summary.median.messages)"])
    let result = try JSONDecoder().decode(Result.self, from: output)
    return Report.Peer(
      beside: summary, peer: "SimPy \(result.simpy) on Python \(result.python), without a network",
      rate: Double(result.messages) / result.wall_s)
  }
}
