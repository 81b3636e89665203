import Hosts
import Network
import SimulationKernel

/// The communication library of all hosts: what collectives and point-to-point messages have in common.
struct CommunicationLibrary {
  let engine: Engine
  let network: FlowNetwork
  let profile: TransportProfile
  /// The cores that it works on.
  let processors: LibraryProcessors
  /// When it makes progress.
  let progress: LibraryProgress
  /// Whether sends end when the rest fits into the sender's buffer. Not where messages may overtake each other.
  let endsSendsEarly: Bool

  init(engine: Engine, network: FlowNetwork, profile: TransportProfile) {
    self.engine = engine
    self.network = network
    self.profile = profile
    processors = LibraryProcessors(engine: engine, model: profile.host)
    progress = LibraryProgress(engine: engine, model: profile.host.progress)
    endsSendsEarly = profile.wire.sendBufferBytes != nil && !network.hasRandomness
  }

  /// Sends a payload.
  ///
  /// - Parameters:
  ///   - bytes: on the wire.
  ///   - sendToken: of what does not fit into the sender's buffer, which leaves as a message of its own before the rest.
  ///   - token: of the payload.
  @inline(__always)
  func send(
    payloadOf bytes: Double, on connection: ConnectionID, at time: VirtualTime, sendToken: UInt64, token: UInt64
  ) {
    guard endsSendsEarly, let stages = profile.wire.stages(ofBytes: bytes) else {
      return network.send(byteCount: bytes, on: connection, at: time, token: token)
    }
    let isBuffered = stages.unbuffered <= 0
    if !isBuffered { network.send(byteCount: stages.unbuffered, on: connection, at: time, token: sendToken) }
    network.send(byteCount: stages.buffered, on: connection, at: time, token: token, reportsTaking: isBuffered)
  }
}
