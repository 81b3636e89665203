import Communication
import SimulationKernel

extension CollectiveExecution {
  /// When each member asked to begin.
  var startTimes: [Int64] { (0..<memberCount).map { members[$0].clock } }

  /// When a member's part ended.
  func endTime(of member: Int) -> VirtualTime { VirtualTime(picoseconds: members[member].clock) }

  /// Ends the members' parts at known times, without messages.
  func endQuietly(at ends: [VirtualTime]) {
    isQuiet = true
    for (member, end) in ends.enumerated() {
      members[member].clock = end.picoseconds
      traffic.scheduleQuietEnd(of: member, in: number, at: end)
    }
  }

  /// Ends a member's part, unless messages have taken over or the event belongs to a predecessor of this number.
  func finishQuietly(_ member: Int) {
    guard isQuiet, members[member].progress == .scheduled,
      members[member].clock == traffic.engine.now.picoseconds
    else { return }
    finish(member)
  }

  /// Goes on from where a rehearsal of the same collective stands.
  func adopt(_ rehearsal: CollectiveExecution, shiftedBy shift: Int64) {
    isQuiet = false
    notices = rehearsal.notices
    waitingSends = rehearsal.waitingSends.mapValues { $0.moved(to: number, shiftedBy: shift) }
    receiverBusyUntil = rehearsal.receiverBusyUntil.mapValues { $0.advanced(byPicoseconds: shift) }
    for member in 0..<memberCount where members[member].progress != .finished {
      members[member] = rehearsal.members[member]
      members[member].clock += shift
      members[member].peer = -1
      switch members[member].progress {
      case .finished: finish(member)
      case .scheduled:
        let start = VirtualTime(picoseconds: members[member].clock)
        traffic.scheduleStart(of: member, in: number, at: max(start, traffic.engine.now))
      default: break
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
