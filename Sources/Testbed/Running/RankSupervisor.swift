#if os(Linux)
  import ChildPrograms
  import Foundation
  import Glibc

  /// The first process inside a run's namespaces: makes the testbed, starts a rank on each host, passes on what they write,
  /// and ends them all when one fails or the run is ended from outside.
  public struct RankSupervisor {
    /// The descriptor of a pipe from the starter: a byte is a signal to end by, the end of the pipe an end at once.
    public static let lifeline: Int32 = 3

    private let run: TestbedRun
    private var outputs: [RankOutput] = []
    private var ranks: [pid_t: Int] = [:]
    private var services: [pid_t] = []
    private var exitCode: Int32?
    private var deadline: ContinuousClock.Instant?

    /// Of what stands on standard input: a ``TestbedRun`` as JSON.
    public init() throws {
      run = try JSONDecoder().decode(TestbedRun.self, from: FileHandle.standardInput.readToEnd() ?? Data())
    }

    /// Runs to the end.
    ///
    /// - Returns: the exit code.
    public mutating func supervise() throws -> Int32 {
      signal(SIGPIPE, SIG_IGN)
      // Nobody but this process listens there.
      _ = fcntl(Self.lifeline, F_SETFD, FD_CLOEXEC)
      services = try CommandExecutor.execute(run.preparation)
      let ends = try EndReporter()
      for rank in run.testbed.hosts.indices { try start(rank) }
      ends.begin()
      while !ranks.isEmpty { try turn(ends) }
      // Whatever ranks have left running holds their pipes open.
      kill(-1, SIGKILL)
      while outputs.contains(where: \.isOpen) { try turn(ends) }
      return exitCode ?? 0
    }

    private mutating func start(_ rank: Int) throws {
      let command = RankCommand(
        run.command, rank: rank, in: run.testbed, torchrun: run.torchrun, isRealTime: run.isRealTime)
      var child = ChildProcess(words: command.words)
      child.environment.merge(command.variables) { $1 }
      child.hasOwnSession = true
      if run.raw {
        ranks[try child.startOnMachine()] = rank
        return
      }
      let pipes = [STDOUT_FILENO: try DescriptorPipe.onMachine(), STDERR_FILENO: try DescriptorPipe.onMachine()]
      child.files = pipes.mapValues(\.writeEnd)
      ranks[try child.startOnMachine()] = rank
      for (target, pipe) in pipes.sorted(by: { $0.key < $1.key }) {
        close(pipe.writeEnd)
        outputs.append(RankOutput(rank: rank, source: pipe.readEnd, target: target))
      }
    }

    /// Waits for something to happen and deals with it.
    private mutating func turn(_ ends: EndReporter) throws {
      let open = outputs.indices.filter { outputs[$0].isOpen }
      var polled = ([Self.lifeline, ends.descriptor] + open.map { outputs[$0].source }).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let patience = deadline.map { max(0, Int32(($0 - .now) / .milliseconds(1))) } ?? -1
      if poll(&polled, nfds_t(polled.count), patience) < 0 && errno != EINTR {
        throw TestbedError(.machine, "cannot wait for ranks: \(String(cString: strerror(errno)))")
      }
      for (index, entry) in zip(open, polled.dropFirst(2)) where entry.revents != 0 {
        if !outputs[index].pass() {
          let reason = String(cString: strerror(errno))
          fail("cannot write what rank \(outputs[index].rank) prints: \(reason)", exitCode: EX_IOERR)
        }
      }
      if polled[1].revents != 0, let (process, end) = ends.next() { ended(process, end) }
      if polled[0].revents != 0 { hearLifeline() }
      if let deadline, deadline <= .now {
        ranks.keys.forEach { kill(-$0, SIGKILL) }
        self.deadline = nil
      }
    }

    private mutating func ended(_ process: pid_t, _ end: ProcessEnd) {
      let others = ranks.isEmpty ? "" : "; ending the others"
      if let rank = ranks.removeValue(forKey: process), end.exitCode != 0 {
        fail("rank \(rank) on host \(rank) \(end.description)\(lastWords(of: rank))\(others)", exitCode: end.exitCode)
      } else if services.contains(process), !ranks.isEmpty {
        fail("the relay that delays the links \(end.description); ending the ranks", exitCode: 70)
      }
    }

    /// What a rank has complained of in the end, so that whoever reads the last line alone knows why.
    private mutating func lastWords(of rank: Int) -> String {
      guard let index = outputs.firstIndex(where: { $0.rank == rank && $0.target == STDERR_FILENO }) else { return "" }
      outputs[index].drain()
      return outputs[index].lastWords.map { " (\($0))" } ?? ""
    }

    private mutating func hearLifeline() {
      var byte: UInt8 = 0
      // Without a starter nobody wants what is running here; the kernel ends it with this process.
      guard read(Self.lifeline, &byte, 1) == 1 else { exit(128 + SIGKILL) }
      fail("ended by signal \(byte) (\(String(cString: strsignal(Int32(byte)))))", exitCode: 128 + Int32(byte))
    }

    /// The first failure is the one that counts; what it brings about is not told.
    private mutating func fail(_ reason: String, exitCode code: Int32) {
      guard exitCode == nil else { return }
      _ = writeAll(Array("uniference testbed: \(reason)\n".utf8), to: STDERR_FILENO)
      endAll(exitCode: code)
    }

    /// Asks all ranks to end, and makes them a little later.
    private mutating func endAll(exitCode code: Int32) {
      guard exitCode == nil else { return }
      exitCode = code
      ranks.keys.forEach { kill(-$0, SIGTERM) }
      deadline = .now + .seconds(3)
    }
  }
#endif
