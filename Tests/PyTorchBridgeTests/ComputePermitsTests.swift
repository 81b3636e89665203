import Testing

@testable import PyTorchBridge

@Suite struct ComputePermitsTests {
  private let answer = FrameWriter(.done).finished()

  @Test func onlySoManyRanksAreAnsweredAtOnce() throws {
    let permits = ComputePermits(limit: 2, coreCount: 2)
    let ranks = (0..<4).map { PlayedRank(rank: $0) }
    for rank in ranks { permits.answer(rank.link, answer) }
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 1, 0, 0])
    permits.giveBack(ranks[1].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 1, 0])
    permits.giveBack(ranks[2].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 0, 1])
  }

  @Test func whoHasNoPermitGivesNoneBack() throws {
    let permits = ComputePermits(limit: 1, coreCount: 1)
    let ranks = (0..<3).map { PlayedRank(rank: $0) }
    for rank in ranks { permits.answer(rank.link, answer) }
    permits.giveBack(ranks[2].link)
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 0, 0])
  }

  @Test func ranksThatHaveNotCommunicatedMayUseAllCores() throws {
    let permits = ComputePermits(limit: 1, coreCount: 3)
    let ranks = (0..<4).map { PlayedRank(rank: $0) }
    ranks[0].communicate()
    for rank in ranks { permits.answer(rank.link, answer) }
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 1, 1, 0])
    permits.giveBack(ranks[0].link)
    permits.answer(ranks[0].link, answer)
    #expect(try ranks.map { try $0.receivedKinds().count } == [0, 0, 0, 1], "who starts up overtakes")
    for rank in ranks[1...] { permits.giveBack(rank.link) }
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 0, 0, 0])
  }

  @Test func answersThatWereHeldBackAreGivenInTheEnd() throws {
    let permits = ComputePermits(limit: 1, coreCount: 1)
    let ranks = (0..<3).map { PlayedRank(rank: $0) }
    for rank in ranks { permits.answer(rank.link, answer) }
    permits.lift()
    #expect(try ranks.map { try $0.receivedKinds().count } == [1, 1, 1])
  }
}
