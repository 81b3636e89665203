import Foundation
import TestSupport
import Testing

@testable import Network

@Suite("Flow cases of any content")
struct FlowCaseFuzzTests {
  private static let original = """
    {"name": "case",
     "links": [{"id": "a", "bandwidth_Bps": 1e8, "latency_s": 0.001}, {"id": "b", "bandwidth_Bps": 2e8, "latency_s": 0}],
     "flows": [{"id": "x", "start_s": 0, "bytes": 1000000, "links": ["a", "b"]},
               {"id": "y", "start_s": 0.5, "bytes": 50000, "links": ["a"]},
               {"id": "z", "start_s": 0.1, "bytes": 50000000, "links": ["b", "a"]}]}
    """

  @Test("have times, or one line that says what is wrong")
  func anything() throws {
    let tree = try DocumentTree(json: Self.original)
    for seed in Mutations.rounds(1500) {
      var mutator = DocumentMutator(seed: seed)
      let json = mutator.mutated(tree).json
      do throws(FlowCaseError) {
        let times = try FlowCase.decode(Data(json.utf8)).finishTimes()
        #expect(times.allSatisfy { $0 >= 0 && $0.isFinite }, "seed \(seed): \(json)")
      } catch {
        #expect(!error.description.contains("\n") && error.description.count < 1000, "seed \(seed): \(error)")
      }
    }
  }
}
