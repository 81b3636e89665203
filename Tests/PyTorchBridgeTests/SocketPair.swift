import Foundation

@testable import PyTorchBridge

/// A link to a rank that the test plays itself.
struct PlayedRank {
  let link: RankLink
  let peer: Connection

  init(rank: Int = 0, number: UInt32 = 0) {
    var descriptors: [Int32] = [0, 0]
    precondition(socketpair(AF_UNIX, streamSocketType, 0, &descriptors) == 0)
    link = RankLink(number: number, rank: rank, pid: getpid(), connection: Connection(descriptor: descriptors[0]))
    peer = Connection(descriptor: descriptors[1])
  }

  /// Has the rank send something to another one.
  func communicate() {
    let message = PointToPointRequest(
      dataType: .float32, group: 1, handle: 1, peer: 1, tag: 0, elementCount: 1, block: nil)
    link.arrived(RankRequest(interval: Interval(), content: .send(message), isAnswered: true))
  }

  /// Kinds of the answers that have come since the last call.
  func receivedKinds() throws -> [UInt8] {
    peer.receive()
    var kinds: [UInt8] = []
    while let frame = try peer.nextFrame() { kinds.append(frame[frame.startIndex]) }
    return kinds
  }
}
