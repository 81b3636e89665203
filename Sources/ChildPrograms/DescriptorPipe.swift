import Foundation
import SystemCalls

/// Two ends of a pipe that children do not inherit unless they are given one.
package struct DescriptorPipe: Sendable {
  /// Where bytes come out.
  package let readEnd: Int32
  /// Where they go in.
  package let writeEnd: Int32

  /// - Throws: when there are too many open files.
  package init() throws(SpawnFailure) {
    var ends: [Int32] = [-1, -1]
    guard uniference_private_pipe(&ends) == 0 else { throw SpawnFailure(cannot: "make a pipe", errno) }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }
}

/// Writes all of something, however many calls it takes.
///
/// - Returns: whether somebody still reads it.
package func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
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

/// Why a program has not been started.
package struct SpawnFailure: Error, CustomStringConvertible, Sendable {
  /// What the system says, by its number.
  package let code: Int32
  /// One line.
  package let description: String

  init(cannot action: String, _ code: Int32) {
    self.code = code
    description = "cannot \(action): \(String(cString: strerror(code)))"
  }
}
