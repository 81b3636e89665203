#if os(Linux)
  import ChildPrograms
  import Glibc

  /// A rank's pipe, whose lines are passed on with the rank before each.
  struct RankOutput {
    let source: Int32
    let rank: Int
    private let target: Int32
    private var lines: LineSplitter
    private(set) var isOpen = true

    init(source: Int32, target: Int32, rank: Int) {
      self.source = source
      self.rank = rank
      self.target = target
      lines = LineSplitter(prefix: "[\(rank)] ")
    }

    /// Passes on what has arrived.
    ///
    /// - Returns: whether somebody still reads it.
    mutating func pass() -> Bool {
      var buffer = [UInt8](repeating: 0, count: 65536)
      let count = read(source, &buffer, buffer.count)
      if count < 0 && errno == EINTR { return true }
      guard count > 0 else {
        isOpen = false
        close(source)
        return writeAll(lines.finish(), to: target)
      }
      return writeAll(lines.add(buffer[..<count]), to: target)
    }
  }
#endif
