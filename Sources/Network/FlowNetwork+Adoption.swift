import Quantities
import SimulationKernel

extension FlowNetwork {
  /// Takes over all messages of another network over the same topology, as they stand there now.
  ///
  /// - Parameters:
  ///   - other: a network that has run for itself. None of its links may carry anything here.
  ///   - shift: what to add to its times.
  ///   - channel: which channel its messages belong to here.
  ///   - token: what a message's token is here.
  public func adopt(
    messagesOf other: FlowNetwork, shiftedByPicoseconds shift: Int64, channel: Int, token: (UInt64) -> UInt64
  ) {
    for (key, foreign) in other.connectionsInOrder where other.connections[foreign].first >= 0 {
      let index = connection(from: key.source, to: key.destination, channel: channel, path: key.path).index
      let source = other.connections[foreign]
      for message in other.queue(of: foreign) {
        append(
          QueuedMessage(
            byteCount: message.byteCount, ready: Picoseconds.sum(message.ready, shift), token: token(message.token),
            next: -1),
          to: index)
      }
      resume(index, as: source, shift: shift)
    }
    assert(isSound, "an adopted network has left something behind")
  }
}
