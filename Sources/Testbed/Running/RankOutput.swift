#if os(Linux)
  import ChildPrograms
  import Glibc

  /// A rank's pipe, whose lines are passed on with the rank before each.
  struct RankOutput {
    let rank: Int
    let source: Int32
    let target: Int32
    private var lines: LineSplitter
    private(set) var isOpen = true
    /// The end of what has arrived, in which the last words are looked for.
    private var tail: [UInt8] = []
    private static let tailLength = 4096

    init(rank: Int, source: Int32, target: Int32) {
      self.rank = rank
      self.source = source
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
      tail = Array((tail + buffer[..<count]).suffix(Self.tailLength))
      return writeAll(lines.add(buffer[..<count]), to: target)
    }

    /// Passes on all that has arrived by now, without waiting for more.
    mutating func drain() {
      var entry = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      while isOpen, poll(&entry, 1, 0) > 0, pass() {}
    }

    /// The last line that is not blank.
    var lastWords: String? {
      tail.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        .last { $0.contains { !$0.isWhitespace } }
    }
  }
#endif
