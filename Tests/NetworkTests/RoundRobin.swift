/// One link whose connections take turns, packet by packet: deficit round robin where every turn is one packet.
struct RoundRobin {
  struct Message {
    var start: Double
    var connection: Int
    var bytes: Double
  }

  let bytesPerSecond: Double
  let packet: Double
  /// In the order in which they begin.
  let messages: [Message]

  func finishTimes() -> [Double] {
    var left = messages.map(\.bytes)
    var finished = Array(repeating: 0.0, count: messages.count)
    var queues = Array(repeating: [Int](), count: (messages.map(\.connection).max() ?? 0) + 1)
    var next = 0
    var now = 0.0
    var turn = 0
    while next < messages.count || queues.contains(where: { !$0.isEmpty }) {
      while next < messages.count, messages[next].start <= now {
        queues[messages[next].connection].append(next)
        next += 1
      }
      let waiting = queues.indices.lazy.map { (turn + $0) % queues.count }.first { !queues[$0].isEmpty }
      guard let waiting else {
        now = messages[next].start
        continue
      }
      let message = queues[waiting][0]
      let bytes = min(packet, left[message])
      now += bytes / bytesPerSecond
      left[message] -= bytes
      turn = (waiting + 1) % queues.count
      if left[message] <= 1e-9 {
        finished[message] = now
        queues[waiting].removeFirst()
      }
    }
    return finished
  }
}
