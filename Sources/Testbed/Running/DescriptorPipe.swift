#if os(Linux)
  import Glibc

  /// Two ends of a pipe that children do not inherit unless they are given one.
  struct DescriptorPipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws(TestbedError) {
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0, ends.allSatisfy({ fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }) else {
        throw TestbedError(.machine, "cannot make a pipe: \(String(cString: strerror(errno)))")
      }
      (readEnd, writeEnd) = (ends[0], ends[1])
    }
  }

  /// Writes all of something, however many calls it takes.
  ///
  /// - Returns: whether somebody still reads it.
  func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
#endif
