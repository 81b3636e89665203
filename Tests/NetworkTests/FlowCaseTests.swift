import Foundation
import Testing

@testable import Network

@Suite("Flow cases with known finish times")
struct FlowCaseTests {
  static let names = [
    "dumbbell_4x4_bottleneck_half", "parking_lot_3", "shared_medium_20", "single_link_same_start",
    "single_link_staggered_latency", "ties_everything_at_once", "tree_2x4_oversub_4to1_cross",
  ]

  @Test("agree with SimGrid's pure max-min model to 1e-6", arguments: names)
  func agreesWithReference(name: String) throws {
    let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Resources"))
    let flowCase = try FlowCase.decode(Data(contentsOf: url))
    let expected = try #require(flowCase.finish_s)

    let finished = try flowCase.finishTimes()

    for (flow, seconds) in zip(flowCase.flows, finished) {
      let reference = try #require(expected[flow.id])
      #expect(abs(seconds - reference) <= 1e-6 * reference, "flow \(flow.id): \(seconds), expected \(reference)")
    }
  }

  @Test(
    "refuse what cannot be, naming the field",
    arguments: [
      (
        #"{"links": [], "flows": [{"id": "a", "start_s": 0, "bytes": 1, "links": ["x"]}]}"#,
        #"flows[0].links: there is no link "x" in links"#
      ),
      (
        #"{"links": [{"id": "x", "bandwidth_Bps": 0, "latency_s": 0}], "flows": []}"#,
        "links[0].bandwidth_Bps: is 0.0; it must be greater than zero"
      ),
      (#"{"links": [{"id": "x", "latency_s": 0}], "flows": []}"#, "links[0].bandwidth_Bps: is missing"),
      (
        #"{"links": [], "flows": [{"id": "a", "start_s": "0", "bytes": 1, "links": []}]}"#,
        "flows[0].start_s: must be a number"
      ),
    ])
  func refusals(json: String, message: String) throws {
    let error = #expect(throws: FlowCaseError.self) {
      _ = try FlowCase.decode(Data(json.utf8)).finishTimes()
    }
    #expect(error?.description == message)
  }

  @Test("a flow without links or bytes arrives when it starts")
  func emptyFlows() throws {
    let json = #"""
      {"links": [{"id": "l", "bandwidth_Bps": 10, "latency_s": 0.5}],
       "flows": [{"id": "a", "start_s": 2, "bytes": 7, "links": []}, {"id": "b", "start_s": 1, "bytes": 0, "links": ["l"]}]}
      """#
    #expect(try FlowCase.decode(Data(json.utf8)).finishTimes() == [2, 1.5])
  }
}
