import Foundation
import SimulationKernel
import Synchronization
import Uniference

@testable import PyTorchBridge

/// A world whose ranks are threads of the test: each says to the real engine what a script's process would.
enum PlayedWorld {
  /// Runs a world to its end.
  ///
  /// - Parameters:
  ///   - compute: how the engine finds the time of computing.
  ///   - parallelRanks: how many may compute at once.
  ///   - body: what each rank does, from its welcome to its goodbye.
  @discardableResult
  static func run(
    ranks: Int, compute: ComputeMode = .measured, parallelRanks: Int = 1,
    _ body: @escaping @Sendable (PlayedScript) -> Void
  ) throws -> SimulationReport {
    let played = (0..<ranks).map { PlayedRank(rank: $0, number: UInt32($0)) }
    let session = WorldSession(
      links: played.map(\.link), compute: compute, parallelRanks: parallelRanks, chosenCollectives: nil,
      control: nil, folder: nil, interruption: Interruption(), takeReturns: { [] })
    for rank in played {
      let thread = Thread {
        let script = PlayedScript(rank: rank.link.rank, peer: rank.peer)
        script.awaitWelcome()
        body(script)
        script.sayGoodbye()
      }
      thread.name = "rank \(rank.link.rank)"
      thread.start()
    }
    let cluster = Cluster(
      devices: .jetsonOrinNano, count: ranks, network: .switch(bandwidth: .gigabitsPerSecond(1)))
    return try session.simulate(on: cluster, usesFakeTensors: false, usesRealClock: false, SimulationOptions())
  }
}

/// A rank's end of its connection.
///
/// Sendable without checks because only the thread that plays the rank uses it.
final class PlayedScript: @unchecked Sendable {
  let rank: Int
  private let peer: Connection

  init(rank: Int, peer: Connection) {
    self.rank = rank
    self.peer = peer
  }

  func awaitWelcome() { _ = nextFrame() }

  /// Sleeps after having computed; the rank's clock in nanoseconds.
  func sleep(_ nanoseconds: Int64, computed: Int64 = 0) -> Int64 {
    time(in: ask(20, computed, littleEndian(nanoseconds)))
  }

  /// The rank's clock in nanoseconds, after having computed.
  func now(computed: Int64 = 0) -> Int64 { time(in: ask(16, computed, [])) }

  /// Sets a key of the store; the rank's clock in nanoseconds.
  func set(_ key: String) -> Int64 { time(in: ask(17, 0, storeRequest(operation: 0, key: key))) }

  /// Whether the store has a key.
  func check(_ key: String) -> Bool { ask(17, 0, storeRequest(operation: 5, key: key)).last == 1 }

  func sayGoodbye() { send(18, interval(0) + littleEndian(Int32(0)) + littleEndian(UInt32(0))) }

  /// Sends a request and waits for its answer.
  private func ask(_ kind: UInt8, _ computed: Int64, _ body: [UInt8]) -> ArraySlice<UInt8> {
    send(kind, interval(computed) + body)
    return nextFrame()
  }

  /// What time an answer tells, in nanoseconds.
  private func time(in answer: ArraySlice<UInt8>) -> Int64 {
    guard answer.count >= 9 else { return -1 }
    return answer.dropFirst().prefix(8).withUnsafeBytes { $0.loadUnaligned(as: Int64.self) } / 1000
  }

  private func storeRequest(operation: UInt8, key: String) -> [UInt8] {
    let text = littleEndian(UInt32(key.utf8.count)) + Array(key.utf8)
    let empty = littleEndian(UInt32(0))
    return [operation] + empty + littleEndian(UInt32(1)) + text + empty + empty + littleEndian(Int64(0))
      + littleEndian(Int64(-1))
  }

  private func interval(_ computed: Int64) -> [UInt8] { littleEndian(computed) + littleEndian(UInt32(0)) }

  private func send(_ kind: UInt8, _ body: [UInt8]) {
    peer.send(littleEndian(UInt32(body.count + 1)) + [kind] + body)
  }

  private func nextFrame() -> ArraySlice<UInt8> {
    while !peer.isClosed {
      if let frame = try? peer.nextFrame() { return frame }
      var entry = pollfd(fd: peer.descriptor, events: Int16(POLLIN), revents: 0)
      _ = poll(&entry, 1, 1000)
      peer.receive()
    }
    return []
  }
}

/// What ranks note, in the order in which they did.
final class Notes<Entry: Sendable>: Sendable {
  private let entries = Mutex<[Entry]>([])

  var all: [Entry] { entries.withLock { $0 } }

  func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
}
