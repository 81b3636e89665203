import Communication
import Quantities
import SimulationKernel

extension CollectiveExecution {
  /// When each member asked to begin.
  var startTimes: [Int64] { (0..<memberCount).map { members[$0].clock } }

  /// Ends the members' parts at known times, without messages.
  func endUncontended(at ends: [VirtualTime]) {
    beTimed()
    for (member, end) in ends.enumerated() {
      members[member].clock = end.picoseconds
      traffic.scheduleUncontendedEnd(of: member, in: identity, at: end)
    }
  }

  /// Ends a member's part, unless messages have taken over or it has ended.
  func finishUncontended(_ member: Int) {
    guard case .timed = phase, members[member].state == .scheduled else { return }
    finish(member)
  }

  /// Goes on from where an isolated simulation of the same collective stands.
  func adopt(_ simulated: CollectiveExecution, shiftedBy shift: Int64) {
    bePlayed()
    clearsToSend = simulated.clearsToSend
    waitingSends = simulated.waitingSends.mapValues { $0.moved(to: number, shiftedBy: shift) }
    receiverBusyUntil = simulated.receiverBusyUntil.mapValues { $0.advanced(byPicoseconds: shift) }
    for member in 0..<memberCount where !members[member].state.isOver {
      let other = simulated.members[member]
      if other.state == .finished {
        members[member].clock = Picoseconds.sum(other.clock, shift)
        finish(member)
        continue
      }
      members[member].adopt(other, shiftedBy: shift)
      if other.state == .scheduled {
        let start = VirtualTime(picoseconds: members[member].clock)
        traffic.scheduleStart(of: member, in: identity, at: max(start, traffic.library.engine.now))
      }
    }
  }
}

extension CollectiveCall {
  /// Of such a collective each member knows only its own blocks.
  var isUnevenAllToAll: Bool {
    if case .matrix = shape.blocks { return true }
    return false
  }
}
