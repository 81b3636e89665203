import Communication
import Foundation
import SimulationKernel

/// How the time of what ranks compute is found.
enum ComputeMode: Sendable {
  /// As it is measured here, at the device's speed.
  case measured
  /// As it was measured in an earlier run.
  case recorded(ComputeRecording)
  /// From the costs of torch's operations and the device's figures.
  case roofline
}

/// The ranks of one world: their connections, what they share, and who may compute.
///
/// Sendable without checks because it is used only on the engine's thread.
final class WorldSession: ReportSource, @unchecked Sendable {
  let links: [RankLink]
  let compute: ComputeMode
  let permits: ComputePermits
  let store = KeyValueStore()
  let control: LauncherLink?
  var agreements = Agreements()
  var groupNames = GroupNames()
  /// By which the run ends early.
  private let interruption: Interruption
  /// Gives ranks that have joined once more.
  private let takeReturns: () -> [Arrivals.Return]
  /// What each rank is told first.
  var welcomes: [[UInt8]] = []
  /// How the cluster says that collectives are done; if it does not, each group's library does.
  private let chosenCollectives: AlgorithmSelector?
  /// Takes down what ranks ask, where a record is written.
  var callLog: CallLog?
  /// Whether scripts use the streams of accelerators.
  let usesStreams: Bool
  /// Ranks with what they do in virtual time, in the order of ranks.
  var conversations: [RankConversation] = []
  private var reductions: [UInt64: Reduction] = [:]
  private var reductionCount: UInt64 = 0
  private var pollEntries: [pollfd]
  /// How far the run is; `nil` where nobody sees it.
  private var progress: RunProgress?
  /// When ranks that say nothing, and the launcher's process, were last looked after.
  private var lastLook = ContinuousClock.now

  /// So long the session waits for sockets before it looks after what they do not tell.
  private static let pollMilliseconds: Int32 = 20
  /// So long nothing of a rank may run until none of its threads is taken to have anything to say.
  private static let threadsPatience = Duration.seconds(3)
  /// After so long none is, whatever they do.
  private static let longestSilence = Duration.seconds(60)

  /// - Parameter folder: the session's, where ranks show their clocks while they compute.
  init(
    links: [RankLink], compute: ComputeMode, parallelRanks: Int, chosenCollectives: AlgorithmSelector?,
    usesStreams: Bool = false, control: LauncherLink?, folder: String?, interruption: Interruption = Interruption(),
    showsProgress: Bool = false, takeReturns: @escaping () -> [Arrivals.Return] = { [] }
  ) {
    self.links = links
    if case .measured = compute, let folder {
      for link in links {
        link.progress = RankProgress(pid: link.pid, clockPath: "\(folder)/\(link.number)-clock")
      }
    }
    self.chosenCollectives = chosenCollectives
    self.usesStreams = usesStreams
    self.compute = compute
    self.control = control
    self.interruption = interruption
    self.takeReturns = takeReturns
    permits = ComputePermits(limit: parallelRanks)
    progress = showsProgress ? RunProgress() : nil
    pollEntries = (links.map(\.connection) + [control?.connection].compactMap(\.self)).map {
      pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
    }
  }

  /// Who chooses the algorithms of a group that uses the library; `nil` for the cluster.
  func selector(for library: GroupRequest.Library) -> AlgorithmSelector? {
    // Torch's own all-reduce goes before NCCL's, which is all that a transport says.
    if library == .ncclWithIntraNode, chosenCollectives ?? .nccl == .nccl { return .custom }
    if chosenCollectives != nil { return nil }
    return library.worksOnDevice ? .nccl : .gloo
  }

  // MARK: Reductions

  /// A number for a reduction that a rank is asked to compute.
  func register(_ reduction: Reduction) -> UInt64 {
    reductionCount += 1
    reductions[reductionCount] = reduction
    return reductionCount
  }

  // MARK: What comes in

  func awaitReports() {
    let count = takeIn(waitingMilliseconds: Self.pollMilliseconds)
    if let line = progress?.line(conversations, at: .now) { control?.show(progress: line) }
    // Some ranks may have so much to say that there is never a pause.
    guard count == 0 || ContinuousClock.now - lastLook > .milliseconds(Self.pollMilliseconds) else { return }
    lastLook = .now
    for conversation in conversations where permits.isComputing(conversation.link) { conversation.lookAhead() }
    permits.relieve(links)
    takeReturns().forEach(takeIn(return:))
    for link in links where link.isOverdue { _ = link.ended(status: EXIT_SUCCESS) }
  }

  /// Waits, where all ranks wait, for what a rank's other threads have to say.
  ///
  /// - Returns: whether one has said something; not if none has for long, or none could.
  func hearOtherThreads() -> Bool {
    let start = ContinuousClock.now
    while !interruption.isRequested, ContinuousClock.now - start < Self.longestSilence {
      let waiting = conversations.filter { $0.threadsWait != nil }
      guard !waiting.isEmpty, waiting.allSatisfy({ !$0.link.connection.isClosed }) else { return false }
      takeIn(waitingMilliseconds: Self.pollMilliseconds)
      if waiting.contains(where: { $0.threadsWait?.number == $0.link.interruptedWait }) { return true }
      for conversation in waiting { _ = conversation.link.progress.estimate() }
      if waiting.allSatisfy({ $0.link.progress.idle > Self.threadsPatience }) { return false }
    }
    return false
  }

  /// Takes in what ranks have sent, waiting for it for so long at most.
  /// - Returns: how many of them have sent something.
  @discardableResult
  func takeIn(waitingMilliseconds: Int32) -> Int32 {
    let count = poll(&pollEntries, nfds_t(pollEntries.count), waitingMilliseconds)
    guard count > 0 else { return 0 }
    for index in pollEntries.indices where pollEntries[index].revents != 0 {
      if index < links.count {
        takeIn(from: links[index])
        if links[index].connection.isClosed { pollEntries[index].fd = -1 }
      } else if let control {
        hear(control)
        if control.connection.isClosed { pollEntries[index].fd = -1 }
      }
    }
    return count
  }

  /// Takes in how ranks' processes have ended, and what else the launcher has to say.
  private func hear(_ control: LauncherLink) {
    control.takeIn()
    if let lost = control.lostOutput { interruption.request(.lostOutput(lost)) }
    for link in links where !link.hasEnded {
      guard let status = control.exitStatuses[link.rank] else { continue }
      // What it has said before comes first.
      takeIn(from: link)
      permits.giveBack(link)
      guard !link.hasEnded else { continue }
      let isLost = !link.hasSaidGoodbye && owesOthers
      if isLost || !link.ended(status: status) { lose(LostRank(rank: link.rank), link) }
    }
    if control.connection.isClosed {
      for link in links where !link.hasEnded { link.fail(with: LostLauncher()) }
    }
  }

  private func takeIn(from link: RankLink) {
    link.connection.receive()
    do throws(ProtocolError) {
      while let bytes = try link.connection.nextFrame() {
        handle(try RankFrame(bytes), from: link)
        callLog?.append(bytes, rank: link.rank)
      }
    } catch {
      link.connection.shutDown()
      _ = link.ended(status: EXIT_FAILURE)
      return lose(LostRank(rank: link.rank, reason: "\(error)"), link)
    }
    guard link.connection.isClosed, !link.hasSaidGoodbye else { return }
    permits.giveBack(link)
    // Where there is a launcher, it will say how the process has ended.
    guard control == nil, !link.hasEnded else { return }
    if owesOthers { lose(LostRank(rank: link.rank), link) } else { link.vanished() }
  }

  /// Whether a rank that is gone may be one that others wait for without the engine's seeing it: it was to combine values.
  private var owesOthers: Bool { !reductions.isEmpty }

  /// A rank's process has executed itself anew and begins again, if it had not begun to communicate.
  private func takeIn(return new: Arrivals.Return) {
    guard let index = links.firstIndex(where: { $0.rank == new.rank && $0.pid == new.pid }) else {
      return new.connection.shutDown()
    }
    let link = links[index]
    takeIn(from: link)
    guard link.mayReturn, welcomes.indices.contains(index) else {
      new.connection.send(
        Answers.refusal(
          "rank \(new.rank) has executed itself anew (os.execv) after it had begun to make a process group; "
            + "it can do so only before"))
      return new.connection.shutDown()
    }
    link.returned(by: new.connection)
    callLog?.restart(rank: link.rank)
    pollEntries[index].fd = new.connection.descriptor
    permits.answer(link, welcomes[index], at: .zero)
  }

  private func handle(_ frame: RankFrame, from link: RankLink) {
    switch frame {
    case .name(let id, let text): link.define(name: id, as: text)
    case .work(let work): link.add(work)
    case .memory(let uses): link.memoryUses = uses
    case .published(let number, let place):
      reductions.removeValue(forKey: number)?.finish(in: SharedBlock(owner: link, place: place))
    case .stack(let text): link.stack = text
    case .interruption(let wait):
      link.interruptedWait = wait
      let threads = conversations.first { $0.link === link }?.threadsWait
      if let threads, threads.number == wait { threads.interrupt() }
    case .request(let request):
      if control != nil, case .goodbye = request.content {
        link.keep(goodbye: request)
        return permits.giveBack(link)
      }
      link.arrived(request)
      if request.isAnswered || link.hasSaidGoodbye { permits.giveBack(link) }
    case .hello, .started, .exited, .outputLost: break
    }
  }

  /// Ends the run because a rank is gone: whoever is waited for next throws the error.
  private func lose(_ loss: LostRank, _ link: RankLink) {
    permits.giveBack(link)
    if link.fail(with: loss) { return }
    for other in links where other.fail(with: loss) { return }
  }

  // MARK: The end

  /// Asks the ranks that wait for answers where in their scripts they are.
  func collectStacks() {
    let asked = links.filter { $0.awaitsAnswer && !$0.connection.isClosed && !$0.hasSaidGoodbye }
    let question = FrameWriter(.reportStack).finished()
    for link in asked { link.connection.send(question) }
    let deadline = ContinuousClock.now + .milliseconds(500)
    while asked.contains(where: { $0.stack == nil && !$0.connection.isClosed }), ContinuousClock.now < deadline {
      takeIn(waitingMilliseconds: Self.pollMilliseconds)
    }
  }

  /// Tells every rank that asks for anything that the run is over, until all are gone or patience ends.
  func windDown(telling message: String, patience: Duration) {
    let deadline = ContinuousClock.now + patience
    permits.lift()
    while ContinuousClock.now < deadline {
      for link in links where link.awaitsAnswer && !link.hasSaidGoodbye && !link.connection.isClosed {
        link.send(answer: Answers.failed(.runEnded, message, link: link, at: 0))
      }
      if links.allSatisfy({ $0.connection.isClosed || $0.hasSaidGoodbye }) { return }
      takeIn(waitingMilliseconds: Self.pollMilliseconds)
    }
  }
}
