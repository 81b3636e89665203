import Foundation
import TestSupport
import Testing
import Uniference

@testable import PyTorchBridge

/// Frames as a rank sends them, without their lengths.
enum SentFrames {
  private static let interval = littleEndian(Int64(1000)) + littleEndian(UInt32(1))
  private static let noBlock = littleEndian(UInt32(0)) + littleEndian(UInt32(0)) + littleEndian(UInt64(0))

  private static func text(_ text: String) -> [UInt8] { littleEndian(UInt32(text.utf8.count)) + Array(text.utf8) }

  static let hello =
    [1] + littleEndian(Greeting.magic) + littleEndian(Greeting.protocolVersion) + Array(repeating: UInt8(7), count: 32)
    + littleEndian(UInt32(123)) + littleEndian(Int32(0)) + littleEndian(Int32(2)) + text("main") + text("2.13")
  static let name = [2] + littleEndian(UInt32(1)) + text("train.py:3")
  static let operations =
    [3] + littleEndian(UInt32(1)) + littleEndian(UInt32(1)) + [0]
    + [1e9, 1e6, 1e6].flatMap { littleEndian($0.bitPattern) } + [2]
    + (1...6).flatMap { littleEndian(UInt32($0)) }
  static let published =
    [4] + littleEndian(UInt64(1)) + littleEndian(UInt32(3)) + littleEndian(UInt32(0)) + littleEndian(UInt64(64))
  static let stack = [5] + text("a stack")
  static let forget = [6] + littleEndian(UInt32(4))
  static let group =
    [10] + interval + littleEndian(UInt32(1)) + littleEndian(UInt32(1)) + littleEndian(UInt32(1)) + [0]
    + littleEndian(UInt32(2)) + littleEndian(UInt32(0)) + littleEndian(UInt32(1))
  static let now = [16] + interval
  static let phase = [19] + interval + littleEndian(UInt32(1))
  static let sleep = [20] + interval + littleEndian(Int64(5000))
  static let declaration =
    [21] + interval + littleEndian(UInt32(1)) + littleEndian(UInt32(1)) + littleEndian(UInt32(1))
  static let goodbye = [18] + interval + littleEndian(Int32(0)) + text("")
  static let started = [30] + littleEndian(UInt32(0)) + littleEndian(Int32(77))
  static let exited = [31] + littleEndian(UInt32(0)) + littleEndian(Int32(-9))

  static func collective(_ operation: UInt8, handle: UInt32, isAnswered: Bool, root: UInt32 = 0) -> [UInt8] {
    [11] + interval + [isAnswered ? 1 : 0, operation, 0, 0] + littleEndian(UInt32(1)) + littleEndian(handle)
      + littleEndian(root) + littleEndian(UInt32(1)) + littleEndian(UInt64(8)) + littleEndian(UInt64(8))
      + littleEndian(UInt32(1)) + littleEndian(Int64(8)) + littleEndian(UInt32(0)) + littleEndian(UInt32(0)) + noBlock
      + littleEndian(Int64(-1))
  }

  static func send(to peer: UInt32) -> [UInt8] {
    [12] + interval + [0, 0] + littleEndian(UInt32(1)) + littleEndian(UInt32(8)) + littleEndian(peer)
      + littleEndian(Int32(5)) + littleEndian(UInt64(8)) + noBlock
  }

  static func receive(from peer: Int32) -> [UInt8] {
    [13] + interval + [0, 0] + littleEndian(UInt32(1)) + littleEndian(UInt32(9)) + littleEndian(peer)
      + littleEndian(Int32(5)) + littleEndian(UInt64(8))
  }

  static func wait(_ handle: UInt32) -> [UInt8] { [14] + interval + littleEndian(handle) + littleEndian(Int64(-1)) }
  static func test(_ handle: UInt32) -> [UInt8] { [15] + interval + littleEndian(handle) }

  static func store(_ operation: UInt8) -> [UInt8] {
    [17] + interval + [operation] + text("ns") + littleEndian(UInt32(1)) + text("key") + text("5") + text("")
      + littleEndian(Int64(2)) + littleEndian(Int64(1_000_000))
  }

  /// One of each kind.
  static let all =
    [
      hello, name, operations, published, stack, forget, group, now, phase, sleep, declaration, goodbye, started,
      exited, send(to: 1), receive(from: 0),
    ]
    + [wait(4), test(4)] + (0..<9).map { collective($0, handle: 4, isAnswered: true) } + (0..<10).map { store($0) }

  /// What a rank of two says from its beginning to its end.
  static func conversation(of rank: UInt32) -> [[UInt8]] {
    [name, group, declaration, operations, collective(0, handle: 1, isAnswered: true), store(0), store(1), store(2)]
      + [rank == 0 ? send(to: 1) : receive(from: 0), wait(rank == 0 ? 8 : 9)]
      + [collective(4, handle: 3, isAnswered: false), test(3), wait(3), collective(7, handle: 4, isAnswered: true)]
      + [phase, collective(8, handle: 5, isAnswered: true), sleep, now, goodbye]
  }

  static func withLength(_ frame: [UInt8]) -> [UInt8] { littleEndian(UInt32(frame.count)) + frame }
}

@Suite("Frames of any content")
struct FrameFuzzTests {
  @Test("the unchanged ones are understood")
  func unchanged() throws {
    for frame in SentFrames.all { _ = try RankFrame(frame[...]) }
  }

  @Test("are decoded or refused, from ranks and from the launcher")
  func decoding() {
    for seed in Mutations.rounds(6000) {
      var mutator = ByteMutator(seed: seed)
      let frame = SentFrames.all[Int(seed % UInt64(SentFrames.all.count))]
      _ = try? RankFrame(mutator.mutated(frame)[...])
    }
  }

  @Test("over a socket, lengths included, end the connection at the worst")
  func socket() {
    for seed in Mutations.rounds(300) {
      var mutator = ByteMutator(seed: seed)
      let rank = PlayedRank()
      rank.peer.send(mutator.mutated(SentFrames.all.flatMap(SentFrames.withLength)))
      rank.peer.shutDown()
      rank.link.connection.receive()
      while let bytes = try? rank.link.connection.nextFrame() { _ = try? RankFrame(bytes) }
    }
  }

  /// Two ranks say what they say, but for a few bytes; the run ends well, or with a diagnosis.
  @Test("in a conversation end the run with a diagnosis at the worst")
  func conversations() throws {
    let cluster = try Cluster(
      yaml: """
        devices: [{name: d, count: 2, model: cpu-server}]
        network: {link: {bandwidth: 1 Gbps, latency: 0.1 ms}, transport: gloo-tcp}
        """)
    for seed in Mutations.rounds(250) {
      var mutator = ByteMutator(seed: seed)
      var random = Mutations.Random(seed: seed)
      let ranks = (0..<2).map { PlayedRank(rank: $0, number: UInt32($0)) }
      let compute: ComputeMode = seed % 2 == 0 ? .measured : .roofline
      let session = WorldSession(
        links: ranks.map(\.link), compute: compute, parallelRanks: 2, chosenCollectives: nil, control: nil,
        folder: nil)
      for (index, rank) in ranks.enumerated() {
        var frames = SentFrames.conversation(of: UInt32(index))
        // Seed 0 of each ten stays as it is.
        if seed % 10 != 0 {
          for _ in 0..<Int.random(in: 1...2, using: &random) {
            let chosen = Int.random(in: 0..<frames.count, using: &random)
            frames[chosen] = [frames[chosen][0]] + mutator.mutated(Array(frames[chosen].dropFirst()))
          }
        }
        rank.peer.send(frames.flatMap(SentFrames.withLength))
        shutdown(rank.peer.descriptor, Int32(SHUT_WR))
      }
      do {
        let report = try session.simulate(
          on: cluster, usesFakeTensors: true, usesRealClock: false, SimulationOptions())
        #expect(report.total_s.isFinite, "seed \(seed)")
      } catch {
        #expect(error is ScriptRunFailure && seed % 10 != 0, "seed \(seed): \(error)")
      }
    }
  }
}
