import Foundation
import SimulationKernel
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
        "links[0].bandwidth_Bps: is 0; it must be from 1e-06 to 1e+18"
      ),
      (#"{"links": [{"id": "x", "latency_s": 0}], "flows": []}"#, "links[0].bandwidth_Bps: is missing"),
      (
        #"{"links": [], "flows": [{"id": "a", "start_s": "0", "bytes": 1, "links": []}]}"#,
        "flows[0].start_s: must be a number"
      ),
      (
        #"{"links": [{"id": "x", "bandwidth_Bps": 1, "latency_s": 1e19}], "flows": []}"#,
        "links[0].latency_s: is 1e+19; it must be from 0 to 9158400 (106 days, the end of virtual time)"
      ),
      (
        #"{"links": [], "flows": [{"id": "a", "start_s": 9158400.5, "bytes": 1, "links": []}]}"#,
        "flows[0].start_s: is 9158400.5; it must be from 0 to 9158400 (106 days, the end of virtual time)"
      ),
      (
        #"{"links": [], "flows": [{"id": "a", "start_s": 0, "bytes": 1e308, "links": []}]}"#,
        "flows[0].bytes: is 1e+308; it must be from 0 to 1e+18"
      ),
      (
        #"""
        {"links": [{"id": "x", "bandwidth_Bps": 1, "latency_s": 0}],
         "flows": [{"id": "a", "start_s": 0, "bytes": 1, "links": ["x"]},
                   {"id": "b", "start_s": 0, "bytes": 1e9, "links": ["x"]}]}
        """#,
        """
        flows[1]: flow "b" would take longer than virtual time can tell, 106 days: is a rate, a size or a duration in \
        the wrong unit?
        """
      ),
    ])
  func refusals(json: String, message: String) throws {
    let error = #expect(throws: FlowCaseError.self) {
      _ = try FlowCase.decode(Data(json.utf8)).finishTimes()
    }
    #expect(error?.description == message)
  }

  @Test("whatever the figures, each flow has a time or the error names a field", arguments: 0..<20)
  func extremes(round: Int) throws {
    let values = [0, 1e-300, 1e-6, 0.5, 1, 1e6, 9_158_400, 9.2e6, 2_147_483_648, 1e15, 9e15, 1e18, 1e19, 1e308, -1]
    for seed in UInt64(round) * 500..<UInt64(round + 1) * 500 {
      var random = RandomStream(seed: seed)
      func value(_ usual: ClosedRange<Double>) -> Double {
        Int.random(in: 0..<4, using: &random) == 0
          ? values.randomElement(using: &random) ?? 0 : .random(in: usual, using: &random)
      }
      let links = (0..<3).map {
        FlowCase.LinkEntry(id: "l\($0)", bandwidth_Bps: value(1...1e9), latency_s: value(0...2))
      }
      let flows = (0..<4).map { index in
        FlowCase.FlowEntry(
          id: "f\(index)", start_s: value(0...10), bytes: value(0...1e9),
          links: links.map(\.id).filter { _ in .random(using: &random) })
      }
      do throws(FlowCaseError) {
        let times = try FlowCase(links: links, flows: flows).finishTimes()
        for (flow, time) in zip(flows, times) {
          // Times are whole picoseconds.
          let earliest = VirtualTime(seconds: flow.start_s).seconds
          #expect((earliest...VirtualTime.limit.seconds).contains(time), "seed \(seed)")
        }
      } catch {
        #expect(error.field.hasPrefix("links[") || error.field.hasPrefix("flows["), "seed \(seed): \(error)")
      }
    }
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
