#if os(Linux)
  import Foundation
  import Glibc

  /// Executes commands of the system, one after another.
  enum CommandExecutor {
    /// Executes them up to the first that fails.
    ///
    /// - Throws: with the command and its last words.
    static func execute(_ commands: [SystemCommand]) throws(TestbedError) {
      for command in commands {
        let (end, output) = try run(command)
        guard end.exitCode == 0 else {
          throw TestbedError(.machine, "'\(command)' failed: \(lastLine(of: output))")
        }
      }
    }

    /// Executes one.
    ///
    /// - Returns: how it has ended, and what it wrote to both its outputs.
    static func run(_ command: SystemCommand) throws(TestbedError) -> (end: ProcessEnd, output: String) {
      let pipe = try DescriptorPipe()
      defer { close(pipe.readEnd) }
      let process: pid_t
      do {
        defer { close(pipe.writeEnd) }
        var child = ChildProcess(words: command.words)
        child.files = [STDOUT_FILENO: pipe.writeEnd, STDERR_FILENO: pipe.writeEnd]
        process = try child.start()
      }
      var output: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = read(pipe.readEnd, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        output += buffer[..<count]
      }
      return (ProcessEnd.of(process), String(decoding: output, as: UTF8.self))
    }

    static func lastLine(of output: String) -> String {
      output.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    }
  }
#endif
