#if os(Linux)
  import ChildPrograms
  import Foundation
  import Glibc

  /// Executes commands of the system, one after another.
  enum CommandExecutor {
    /// Executes them up to the first that fails.
    ///
    /// - Returns: the services among them.
    /// - Throws: with the command and its last words.
    @discardableResult
    static func execute(_ commands: [SystemCommand]) throws(TestbedError) -> [pid_t] {
      var services: [pid_t] = []
      for command in commands {
        if command.isService {
          services.append(try start(command))
          continue
        }
        let (end, output) = try run(command)
        guard end.exitCode == 0 else {
          throw TestbedError(.machine, "'\(command)' failed: \(lastLine(of: output))")
        }
      }
      return services
    }

    /// Starts a service and waits until it is ready.
    private static func start(_ command: SystemCommand) throws(TestbedError) -> pid_t {
      let (process, output) = try spawn(command)
      defer { close(output) }
      let line = text(from: output) { $0.contains(UInt8(ascii: "\n")) }
      guard line == "ready\n" else { throw TestbedError(.machine, "'\(command)' failed: \(lastLine(of: line))") }
      return process
    }

    /// Executes one.
    ///
    /// - Returns: how it has ended, and what it wrote to both its outputs.
    static func run(_ command: SystemCommand) throws(TestbedError) -> (end: ProcessEnd, output: String) {
      let (process, output) = try spawn(command)
      defer { close(output) }
      let text = text(from: output) { _ in false }
      return (ProcessEnd.of(process), text)
    }

    private static func spawn(_ command: SystemCommand) throws(TestbedError) -> (process: pid_t, output: Int32) {
      let pipe = try DescriptorPipe.onMachine()
      defer { close(pipe.writeEnd) }
      var child = ChildProcess(words: command.words)
      child.files = [STDOUT_FILENO: pipe.writeEnd, STDERR_FILENO: pipe.writeEnd]
      child.hasOwnSession = true
      do { return (try child.startOnMachine(), pipe.readEnd) } catch {
        close(pipe.readEnd)
        throw error
      }
    }

    /// What can be read from a descriptor, up to its end or until it is enough.
    private static func text(from descriptor: Int32, isEnough: ([UInt8]) -> Bool) -> String {
      var text: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while !isEnough(text) {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        text += buffer[..<count]
      }
      return String(decoding: text, as: UTF8.self)
    }

    static func lastLine(of output: String) -> String {
      output.split(separator: "\n").last.map(String.init) ?? "it said nothing"
    }
  }
#endif
