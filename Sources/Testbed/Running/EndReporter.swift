#if os(Linux)
  import ChildPrograms
  import Foundation
  import Glibc

  /// Tells through a pipe which processes have ended, so that one `poll` waits for everything.
  ///
  /// The first process of a process namespace also gets what its descendants have left behind; those are waited for, too.
  struct EndReporter {
    private let pipe: DescriptorPipe

    init() throws(TestbedError) { pipe = try .onMachine() }

    /// Becomes readable when a process has ended.
    var descriptor: Int32 { pipe.readEnd }

    /// Begins to wait for processes, of which there must be one.
    func begin() {
      let writeEnd = pipe.writeEnd
      Thread.detachNewThread {
        var status: Int32 = 0
        while true {
          let process = waitpid(-1, &status, 0)
          if process < 0 && errno == EINTR { continue }
          guard process > 0 else { break }
          let report = [process, status]
          report.withUnsafeBytes { _ = write(writeEnd, $0.baseAddress, $0.count) }
        }
      }
    }

    /// The next process that has ended, and how.
    func next() -> (process: pid_t, end: ProcessEnd)? {
      var report: [Int32] = [0, 0]
      let count = report.withUnsafeMutableBytes { read(pipe.readEnd, $0.baseAddress, $0.count) }
      return count == 8 ? (report[0], ProcessEnd(status: report[1])) : nil
    }
  }
#endif
