import SimulationKernel
import Testing

@testable import PyTorchBridge

@Suite struct ComputePermitsTests {
  private let answer = FrameWriter(.done).finished()

  @Test("only so many ranks are answered at once")
  func onlySoManyRanksAreAnsweredAtOnce() throws {
    let permits = ComputePermits(limit: 2, coreCount: 2)
    let ranks = (0..<4).map { PlayedRank(rank: $0) }
    for rank in ranks { permits.answer(rank.link, answer, at: .zero) }
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 1, 0, 0])
    permits.giveBack(ranks[1].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 1, 0])
    permits.giveBack(ranks[2].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 0, 1])
  }

  @Test("who has no permit gives none back")
  func whoHasNoPermitGivesNoneBack() throws {
    let permits = ComputePermits(limit: 1, coreCount: 1)
    let ranks = (0..<3).map { PlayedRank(rank: $0) }
    for rank in ranks { permits.answer(rank.link, answer, at: .zero) }
    permits.giveBack(ranks[2].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 0, 0])
  }

  @Test("ranks that have not communicated may use all cores")
  func ranksThatHaveNotCommunicatedMayUseAllCores() throws {
    let permits = ComputePermits(limit: 1, coreCount: 3)
    let ranks = (0..<4).map { PlayedRank(rank: $0) }
    ranks[0].communicate()
    for rank in ranks { permits.answer(rank.link, answer, at: .zero) }
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 1, 1, 0])
    permits.giveBack(ranks[0].link)
    permits.answer(ranks[0].link, answer, at: .zero)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 0, 1], "who starts up overtakes")
    for rank in ranks[1...] { permits.giveBack(rank.link) }
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 0, 0, 0])
  }

  @Test("answers that were held back are given in the end")
  func answersThatWereHeldBackAreGivenInTheEnd() throws {
    let permits = ComputePermits(limit: 1, coreCount: 1)
    let ranks = (0..<3).map { PlayedRank(rank: $0) }
    for rank in ranks { permits.answer(rank.link, answer, at: .zero) }
    permits.lift()
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 1, 1])
  }

  @Test("who computes for long lets those behind compute beside it")
  func whoComputesForLongLetsThoseBehindComputeBesideIt() throws {
    let permits = ComputePermits(limit: 1, coreCount: 1, longestTurn: .zero)
    let ranks = (0..<3).map { PlayedRank(rank: $0) }
    permits.answer(ranks[0].link, answer, at: .zero)
    permits.answer(ranks[1].link, answer, at: VirtualTime(picoseconds: 10))
    permits.answer(ranks[2].link, answer, at: VirtualTime(picoseconds: 10))
    permits.relieve(ranks.map(\.link))
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 0, 0], "both are ahead of who computes")
    permits.note(ranks[0].link, at: VirtualTime(picoseconds: 20))
    permits.relieve(ranks.map(\.link))
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 1, 0])
    permits.giveBack(ranks[1].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 1])
    permits.answer(ranks[1].link, answer, at: VirtualTime(picoseconds: 30))
    permits.giveBack(ranks[2].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 0], "it has gone ahead")
    permits.giveBack(ranks[0].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 1, 0])
  }
}
