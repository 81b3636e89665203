import Foundation
import Testing

@testable import Calibration

@Suite struct MeasurementsTests {
  private func message(of json: String) -> String? {
    #expect(throws: CalibrationFailure.self) { try Measurements(json: Data(json.utf8), path: "m.json") }?.description
  }

  @Test("a file that is not JSON")
  func aFileThatIsNotJSON() {
    #expect(
      message(of: "name: yaml")
        == "m.json: the file is not JSON; measure again, or give the file that measuring has written")
  }

  @Test("a missing section is named")
  func aMissingSectionIsNamed() {
    #expect(
      message(of: #"{"format": "uniference measurements", "version": 1, "began": "", "took_s": 1, "hosts": []}"#)?
        .hasPrefix("m.json: notes is missing") == true)
  }

  @Test("a figure of the wrong type is named")
  func aFigureOfTheWrongTypeIsNamed() {
    let json = """
      {"format": "uniference measurements", "version": 1, "began": "", "took_s": 1, "hosts": [], "notes": [],
       "figures": [{"kind": "stream", "ranks": "all"}]}
      """
    #expect(message(of: json)?.hasPrefix("m.json: figures[0].ranks is of the wrong type") == true)
  }

  @Test("another version is refused")
  func anotherVersionIsRefused() {
    let json = """
      {"format": "uniference measurements", "version": 9, "began": "", "took_s": 1, "hosts": [], "notes": [],
       "figures": []}
      """
    #expect(message(of: json)?.contains("of version 9; this program reads") == true)
  }

  @Test("figures of ranks that are not there are refused")
  func figuresOfRanksThatAreNotThereAreRefused() {
    let failure = #expect(throws: CalibrationFailure.self) {
      try Cases.measurements([Cases.figure(.stream, 1000, ranks: [0, 5])])
    }
    #expect(failure?.description == "desk.json: figures[0] (stream): ranks [0, 5] are not all among 0 to 1")
  }

  @Test("a file that is not there")
  func aFileThatIsNotThere() {
    let failure = #expect(throws: CalibrationFailure.self) { try Measurements(contentsOf: "/nowhere/m.json") }
    #expect(
      failure?.description.hasPrefix("/nowhere/m.json: cannot be read: No such file or directory; measure first")
        == true)
  }
}
