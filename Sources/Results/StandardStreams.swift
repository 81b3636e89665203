import Foundation
import Inputs

/// Standard output: what a command was asked for. What cannot be written is an error, since it was all that was wanted.
package enum StandardOutput {
  /// Writes text and the end of the line. What a terminal would obey in names of a file or script is written as escapes;
  /// on a terminal, bold lines of tables are bold.
  ///
  /// - Throws: when the pipe's reader has gone, the disk is full, or the stream is closed.
  package static func print(_ text: String, terminator: String = "\n") throws(FileError) {
    let printable = isatty(STDOUT_FILENO) == 1 ? text.printableTables : text.printableLines
    try write(printable + terminator, to: STDOUT_FILENO, named: "standard output")
  }
}

/// Standard error: what is said beside it.
package enum StandardError {
  /// Writes a line that nobody has asked for; where nobody takes it, it is lost.
  package static func say(_ line: String, terminator: String = "\n") { try? print(line, terminator: terminator) }

  /// Writes lines that somebody has asked for.
  ///
  /// - Throws: when they cannot be written.
  package static func print(_ text: String, terminator: String = "\n") throws(FileError) {
    try write(text + terminator, to: STDERR_FILENO, named: "standard error")
  }
}

/// The streams that a program has from its beginning.
package enum StandardStreams {
  /// Makes sure that lost output is an error where it is written, not the end by SIGPIPE, and that no other file gets the
  /// number of a stream which whoever has started the program has closed.
  package static func prepare() {
    signal(SIGPIPE, SIG_IGN)
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
      // For reading alone: what is written to it is an error, as it is to a closed one.
      _ = open("/dev/null", O_RDONLY)
    }
  }
}

private func write(_ text: String, to descriptor: Int32, named name: String) throws(FileError) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    if written >= 0 {
      bytes = bytes.dropFirst(written)
    } else if errno == EAGAIN {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&entry, 1, -1)
    } else if errno != EINTR {
      throw FileError(operation: "write", path: name, reason: String(cString: strerror(errno)))
    }
  }
}
