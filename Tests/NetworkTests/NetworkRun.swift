import Network
import SimulationKernel

/// A network whose messages are timed by token.
final class NetworkRun: MessageObserver {
  let engine: Engine
  let network: FlowNetwork
  private(set) var arrivals: [UInt64: Double] = [:]
  private(set) var order: [UInt64] = []
  private(set) var lost: [UInt64] = []
  private(set) var takings: [UInt64: Double] = [:]

  init(_ topology: Topology, seed: UInt64 = 0) {
    engine = Engine(seed: seed)
    network = FlowNetwork(topology: topology, engine: engine)
    network.observer = self
  }

  func send(
    _ token: UInt64, bytes: Double, from source: Int = 0, to destination: Int = 1, channel: Int = 0,
    at seconds: Double = 0, reportsTaking: Bool = false
  ) {
    network.send(
      byteCount: bytes, on: network.connection(from: source, to: destination, channel: channel),
      at: VirtualTime(seconds: seconds), token: token, reportsTaking: reportsTaking)
  }

  func setCapacity(_ bytesPerSecond: Double, of link: LinkID, at seconds: Double) {
    engine.call(at: VirtualTime(seconds: seconds)) { [network] in
      network.setCapacity(bytesPerSecond: bytesPerSecond, of: link)
    }
  }

  func messageTaken(token: UInt64) { takings[token] = engine.now.seconds }

  func messageLost(token: UInt64, host: Int) { lost.append(token) }

  func messageArrived(token: UInt64) {
    arrivals[token] = engine.now.seconds
    order.append(token)
  }
}
