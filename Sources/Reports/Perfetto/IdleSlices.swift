import Results

/// Why devices idle, as events of the idle row, with the names that they need.
struct IdleSlices {
  private let names: [String]
  private var indices: [IdleAnalysis.Reason: UInt16] = [:]
  /// What the events' name indices stand for.
  private(set) var texts: [String] = []

  /// - Parameter names: what the log's name indices stand for.
  init(names: [String]) { self.names = names }

  /// The event of a stretch of idle time.
  mutating func event(_ idle: IdleAnalysis.Idle) -> EventRecord {
    var peer = EventRecord.noPeer
    if case .rank(let other, _) = idle.reason { peer = UInt32(other) }
    return EventRecord(
      time: idle.start, duration: idle.end - idle.start, kind: .wait, flags: .derived,
      name: index(of: idle.reason), rank: UInt32(idle.rank), peer: peer)
  }

  /// Beyond as many reasons as an event can tell apart the last one stands for all others.
  private mutating func index(of reason: IdleAnalysis.Reason) -> UInt16 {
    if let known = indices[reason] { return known }
    if texts.count == Int(UInt16.max) { texts.append("waits") }
    guard texts.count < Int(UInt16.max) else { return UInt16.max }
    indices[reason] = UInt16(texts.count)
    texts.append(text(reason))
    return UInt16(texts.count - 1)
  }

  private func text(_ reason: IdleAnalysis.Reason) -> String {
    switch reason {
    case .rank(let other, .collective(let name, _)): "waits for rank \(other) in \(names[Int(name)])"
    case .rank(let other, _): "waits for rank \(other) to send"
    case .network(.collective(let name, _)): "network: \(names[Int(name)])"
    case .network(.receive(let source)): "network: message from rank \(source)"
    case .network(.send(let destination)): "network: message to rank \(destination)"
    case .nothing: "idle"
    }
  }
}
