import Inputs

/// Who waits on whom when nothing can happen any more.
public struct DeadlockReport: Sendable {
  /// One waiting process.
  public struct Entry: Sendable {
    /// The process's position in its engine.
    public let process: Int
    /// How reports call it.
    public let name: String
    /// Its local clock.
    public let time: VirtualTime
    /// What it waits for.
    public let wait: WaitDescription
    /// Where it called what it waits in.
    public let location: SourceLocation?
  }

  /// When the last event happened.
  public let time: VirtualTime
  /// All waiting processes, in their order.
  public let entries: [Entry]
  /// Processes each of which waits on the next, and the last on the first; empty when there is no such circle.
  public let cycle: [String]
  /// What else may be to blame: links that are down, devices that have stopped working. A line each.
  public let circumstances: [String]

  init(time: VirtualTime, waiters: [Waiter], circumstances: [String] = []) {
    self.time = time
    self.circumstances = circumstances
    let sorted = waiters.enumerated().sorted { ($0.element.process.id, $0.offset) < ($1.element.process.id, $1.offset) }
      .map(\.element)
    entries = sorted.map { waiter in
      Entry(
        process: waiter.process.id, name: waiter.process.name, time: waiter.process.now,
        wait: waiter.subject.describeWait(of: waiter.process), location: waiter.process.lastPrimitive)
    }
    let names = Dictionary(entries.map { ($0.process, $0.name) }, uniquingKeysWith: { first, _ in first })
    cycle = WaitForGraph(entries: entries).cycle().compactMap { names[$0] }
  }
}

extension DeadlockReport: CustomStringConvertible {
  /// A line for each process, and the cycle.
  public var description: String {
    let shown = 32
    var lines = ["deadlock at virtual time \(time): nothing can happen any more, and these processes wait"]
    lines += entries.prefix(shown).map {
      "  \($0.name) waits in \($0.wait.operation)\($0.location.map { " at \($0)" } ?? "")"
    }
    if entries.count > shown { lines.append("  ... and \(entries.count - shown) more") }
    if let first = cycle.first {
      lines.append("  cycle: \((cycle + [first]).joined(separator: " -> "))")
    }
    lines += circumstances.map { "  \($0)" }
    return lines.joined(separator: "\n")
  }
}

/// Processes and whom they wait on.
private struct WaitForGraph {
  private let edges: [Int: [Int]]
  private let order: [Int]

  init(entries: [DeadlockReport.Entry]) {
    edges = Dictionary(entries.map { ($0.process, $0.wait.waitsOn) }, uniquingKeysWith: +)
    order = entries.map(\.process)
  }

  /// The first circle found by depth-first search from the lowest process, or nothing. O(processes + edges).
  func cycle() -> [Int] {
    var finished: Set<Int> = []
    for start in order where !finished.contains(start) {
      var path = [start]
      var position = [start: 0]
      var next = [0]
      while let node = path.last, let edge = next.last {
        let targets = edges[node] ?? []
        guard edge < targets.count else {
          finished.insert(node)
          position[node] = nil
          path.removeLast()
          next.removeLast()
          continue
        }
        next[next.count - 1] += 1
        let target = targets[edge]
        if let begin = position[target] { return Array(path[begin...]) }
        guard !finished.contains(target), edges[target] != nil else { continue }
        position[target] = path.count
        path.append(target)
        next.append(0)
      }
    }
    return []
  }
}
