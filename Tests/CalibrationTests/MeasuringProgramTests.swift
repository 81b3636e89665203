import Network
import Testing
import Uniference

@testable import Calibration

@Suite("The measuring scripts' twins")
struct MeasuringProgramTests {
  /// Where ranks share cores, those that are ready early begin the next repetition while others still need the cores.
  @Test("the last repetition is like the others")
  func theLastRepetitionIsLikeTheOthers() throws {
    var model = NetworkModel()
    model.bytesPerSecond = 12.5e6
    model.profile.host.sharedCores = 2
    model.profile.host.receive.picosecondsPerMessage = 24_000_000
    model.profile.host.picosecondsPerCollective = 195_000_000
    let figure = Cases.figure(.allReduce, 600, ranks: Array(0..<8))
    func seconds(_ repetitions: Int) throws -> Double {
      let stopwatch = Stopwatch()
      try World.simulate(
        MeasuringProgram(figure: figure, stopwatch: stopwatch, repetitions: repetitions), on: model.cluster(ranks: 8))
      return stopwatch.seconds
    }
    let (third, fourth) = (try seconds(3), try seconds(4))
    #expect(abs(third / fourth - 1) < 1e-3, "\(third) s, then \(fourth) s")
  }
}
