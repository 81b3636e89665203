import Network
import SimulationKernel

/// Whose message it is, in the upper half of the token that travels with it.
enum TrafficKind: UInt64 {
  case collectiveData = 0
  case collectiveClearToSend = 1
  case pointToPointData = 2
  case pointToPointClearToSend = 3
  /// The part of a message that has to leave before its send ends.
  case collectiveSend = 4
  case pointToPointSend = 5

  @inline(__always)
  func token(_ index: Int32) -> UInt64 { rawValue << 32 | UInt64(UInt32(bitPattern: index)) }
}

/// Hands arrived messages to the traffic they belong to.
final class MessageDispatcher: MessageObserver {
  private let collectives: CollectiveTraffic
  private let pointToPoint: PointToPointTraffic?

  init(collectives: CollectiveTraffic, pointToPoint: PointToPointTraffic?) {
    self.collectives = collectives
    self.pointToPoint = pointToPoint
  }

  func messageArrived(token: UInt64) {
    let index = Int32(truncatingIfNeeded: token)
    switch token >> 32 {
    case TrafficKind.collectiveData.rawValue: collectives.dataArrived(index)
    case TrafficKind.collectiveClearToSend.rawValue: collectives.clearToSendArrived(index)
    case TrafficKind.pointToPointData.rawValue: pointToPoint?.dataArrived(index)
    case TrafficKind.collectiveSend.rawValue: collectives.sendEnded(index)
    case TrafficKind.pointToPointSend.rawValue: pointToPoint?.sendEnded(index)
    default: pointToPoint?.clearToSendArrived(index)
    }
  }

  /// A message that fits into its sender's buffer is in it.
  func messageTaken(token: UInt64) {
    let index = Int32(truncatingIfNeeded: token)
    switch token >> 32 {
    case TrafficKind.collectiveData.rawValue: collectives.sendEnded(index)
    case TrafficKind.pointToPointData.rawValue: pointToPoint?.sendEnded(index)
    default: break
    }
  }

  func messageLost(token: UInt64, host: Int) {
    let index = Int32(truncatingIfNeeded: token)
    switch token >> 32 {
    case TrafficKind.collectiveData.rawValue, TrafficKind.collectiveClearToSend.rawValue:
      collectives.messageLost(index, host: host)
    case TrafficKind.pointToPointData.rawValue: pointToPoint?.dataLost(index)
    case TrafficKind.pointToPointClearToSend.rawValue: pointToPoint?.clearToSendLost(index)
    // The part of a message that leaves first is lost with the rest of it.
    default: break
    }
  }
}
