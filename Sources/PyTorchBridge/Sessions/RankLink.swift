import DequeModule
import SimulationKernel

/// The engine's end of the connection to one rank's process.
///
/// Sendable without checks because it is used only on the engine's thread.
final class RankLink: @unchecked Sendable {
  /// Names the rank's shared memory.
  let number: UInt32
  let rank: Int
  let pid: Int32
  private(set) var connection: Connection
  /// How far the rank has come while it computes.
  var progress: RankProgress
  /// Whether the rank waits for an answer, so that it is not computing.
  private(set) var awaitsAnswer = true
  /// Whether the rank's script has ended in good order.
  private(set) var hasSaidGoodbye = false
  /// Whether the rank's process has ended, as far as the world is concerned.
  private(set) var hasEnded = false
  /// The rank's goodbye, which counts once its process has ended.
  private var goodbye: RankRequest?
  private var goodbyeTime: ContinuousClock.Instant?
  /// Whether the rank has exchanged anything with others yet.
  private(set) var hasCommunicated = false
  /// Whether the rank has begun to make a process group.
  private(set) var hasMetOthers = false
  /// The rank's Python stack, once it has been asked for.
  var stack: String?
  /// The wait of the rank's threads, by its number, that another thread of it has interrupted last.
  var interruptedWait: UInt32 = 0
  private var names: [UInt32: String] = [:]
  private var work: [DeviceWork] = []
  /// What the script's tensors took of the device's memory, if it has said so.
  var memoryUses: [MemoryUse] = []
  private var inbox: Deque<RankRequest> = []
  private var hold: ExternalHold<RankRequest>?
  /// Why the rank will never ask for anything again, where that is an error.
  private var loss: (any Error)?
  /// Blocks of the rank that nobody needs any more.
  private var released: [UInt32] = []

  /// What the rank asks in place of a process, where a recorded run is replayed.
  private let replayed: ReplayedCalls?

  /// How long a process may take to end after its script has.
  private static let endPatience = Duration.seconds(30)

  init(number: UInt32, rank: Int, pid: Int32, connection: Connection) {
    self.number = number
    self.rank = rank
    self.pid = pid
    self.connection = connection
    replayed = nil
    progress = RankProgress(pid: pid)
  }

  /// A rank without a process, whose answers nobody hears.
  init(rank: Int, replaying calls: ReplayedCalls) {
    number = UInt32(rank)
    self.rank = rank
    pid = 0
    connection = Connection(descriptor: -1)
    connection.shutDown()
    replayed = calls
    progress = RankProgress(pid: 0)
    loss = ProtocolError("rank \(rank) makes no more calls, though its script has not ended")
  }

  /// An entry of the rank's string table.
  func text(_ id: UInt32) -> String? { names[id] }

  func define(name id: UInt32, as text: String) { names[id] = text }

  func add(_ more: [DeviceWork]) { work += more }

  // MARK: Requests

  /// Gives the rank's next request to `hold` as soon as it is there.
  func take(into hold: ExternalHold<RankRequest>) {
    if inbox.isEmpty, let replayed {
      do throws(ProtocolError) { try replayed.advance(self) } catch { loss = error }
    }
    if let request = inbox.popFirst() {
      hold.finish(.success(request), elapsed: .zero)
    } else if let loss {
      hold.finish(.failure(loss), elapsed: .zero)
    } else {
      self.hold = hold
    }
  }

  /// Takes in a request that has arrived.
  func arrived(_ request: RankRequest) {
    var request = request
    if case .forget = request.content {
    } else {
      request.interval.work = work
      work = []
    }
    switch request.content {
    case .goodbye: hasSaidGoodbye = true
    case .collective, .send, .receive: hasCommunicated = true
    case .group, .store: hasMetOthers = true
    default: break
    }
    if request.isAnswered { awaitsAnswer = true }
    deliver(request)
  }

  /// Takes in the goodbye of a rank whose process is going to end: its exit code says how the script has ended.
  func keep(goodbye request: RankRequest) {
    var request = request
    request.interval.work = work
    hasSaidGoodbye = true
    goodbye = request
    goodbyeTime = .now
  }

  /// Takes in that the rank's process has ended.
  ///
  /// - Parameter status: an exit code, or a signal's number with a minus.
  /// - Returns: whether that is an end of its script; if not, the rank is lost.
  func ended(status: Int32) -> Bool {
    guard !hasEnded else { return true }
    hasEnded = true
    guard goodbye != nil || status == 0 else { return false }
    hasSaidGoodbye = true
    var reason = ""
    if case .goodbye(_, let exception)? = goodbye?.content { reason = exception }
    if status < 0 { reason = "its process ended with \(describe(exitStatus: status)) after its script had ended" }
    let exitCode = status < 0 ? 128 - status : status
    deliver(
      RankRequest(
        interval: goodbye?.interval ?? Interval(), content: .goodbye(exitCode: exitCode, reason: reason),
        isAnswered: false))
    return true
  }

  /// Whether the process has not ended long after it has said goodbye. Whatever it does, it is no part of the script.
  var isOverdue: Bool { !hasEnded && goodbyeTime.map { ContinuousClock.now - $0 > Self.endPatience } ?? false }

  /// Takes in that the rank's process has gone, of which nobody knows how: others find out if they need it.
  func vanished() {
    guard !hasEnded else { return }
    hasEnded = true
    deliver(RankRequest(interval: Interval(), content: .goodbye(exitCode: 0, reason: ""), isAnswered: false))
  }

  /// Whether the rank may begin again with another connection, as it does when its process has executed itself anew.
  var mayReturn: Bool { connection.isClosed && !hasEnded && !hasSaidGoodbye && !hasMetOthers && !hasCommunicated }

  /// The rank's process has executed itself anew.
  func returned(by connection: Connection) {
    self.connection = connection
    awaitsAnswer = true
    names = [:]
    work = []
  }

  private func deliver(_ request: RankRequest) {
    progress.begin()
    if let hold {
      self.hold = nil
      hold.finish(.success(request), elapsed: .zero)
    } else {
      inbox.append(request)
    }
  }

  /// Ends the wait for the rank's next request with an error, now or as soon as somebody waits.
  /// - Returns: whether anybody waited.
  @discardableResult
  func fail(with error: any Error) -> Bool {
    loss = loss ?? error
    guard let hold else { return false }
    self.hold = nil
    hold.finish(.failure(error), elapsed: .zero)
    return true
  }

  // MARK: Answers

  func release(block id: UInt32) { released.append(id) }

  /// Blocks that the rank may use again, to be told once.
  func takeReleased() -> [UInt32] {
    defer { released.removeAll(keepingCapacity: true) }
    return released
  }

  /// Sends an answer; the rank goes on computing.
  func send(answer: [UInt8]) {
    awaitsAnswer = false
    progress.begin()
    connection.send(answer)
  }

  /// Says that the rank's next request comes at `time` or later, on its clock.
  func advance(to time: VirtualTime) { hold?.advance(to: time) }
}
